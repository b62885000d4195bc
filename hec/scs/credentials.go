package scs

import (
	"context"
	"net/http"

	"ollama-hec/hec"
)

// Credentials give the access token for each request.
type Credentials interface {
	// Token returns a token that is believed to be valid. It may ask the identity
	// provider for one through t. Its errors never hold a secret.
	Token(ctx context.Context, t http.RoundTripper) (string, error)
	// Rejected is told that the service has refused a token. It reports whether
	// another one may be had at once.
	Rejected(token string) (another bool)
}

// AccessToken is an access token that somebody else renews, such as one in a file.
type AccessToken struct{ Source hec.TokenSource }

// Token returns what the source holds now.
func (a AccessToken) Token(context.Context, http.RoundTripper) (string, error) {
	token, err := a.Source.Token()
	if err != nil {
		return "", &credentialsError{reason: err.Error(), hint: "make SCS_TOKEN_FILE readable", pause: true}
	}
	return token, nil
}

// Rejected reports whether the source holds another token by now.
func (a AccessToken) Rejected(token string) bool {
	now, err := a.Source.Token()
	return err == nil && now != token
}

// credentialsError is why there is no access token.
type credentialsError struct {
	reason, hint string
	pause        bool // a person has to do something
}

func (e *credentialsError) Error() string {
	if e.hint == "" {
		return e.reason
	}
	return e.reason + ": " + e.hint
}
