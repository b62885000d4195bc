package receiver

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// Token is one HEC token and what it allows.
type Token struct {
	// Value is the token itself; "" stands for any.
	Value    string
	Disabled bool
	// Ack turns indexer acknowledgment on.
	Ack bool
	// Indexes are the names events may give as index; empty: any.
	Indexes []string
}

func (t Token) allows(index string) bool {
	return index == "" || len(t.Indexes) == 0 || slices.Contains(t.Indexes, index)
}

// authorize finds the token of a request, or the code that refuses it. A token
// in the query string is refused even beside a good header, but a wrong one as wrong.
func authorize(tokens []Token, req *http.Request) (Token, int) {
	query := req.URL.Query()
	value := query.Get("token")
	if !query.Has("token") {
		var code int
		if value, code = credentials(req.Header.Get("Authorization")); code != codeSuccess {
			return Token{}, code
		}
	}
	i := slices.IndexFunc(tokens, func(t Token) bool { return t.Value == value || t.Value == "" })
	switch {
	case i < 0:
		return Token{}, codeBadToken
	case tokens[i].Disabled:
		return Token{}, codeDisabled
	case query.Has("token"):
		return Token{}, codeQueryAuth
	}
	return tokens[i], codeSuccess
}

// credentials reads `Splunk <token>`, or Basic with the token as password.
func credentials(header string) (token string, code int) {
	scheme, value, _ := strings.Cut(strings.TrimSpace(header), " ")
	value = strings.TrimSpace(value)
	switch {
	case scheme == "":
		return "", codeNoToken
	case strings.EqualFold(scheme, "Splunk") && value != "":
		return value, codeSuccess
	case strings.EqualFold(scheme, "Basic"):
		pair, err := base64.StdEncoding.DecodeString(value)
		if _, password, ok := strings.Cut(string(pair), ":"); err == nil && ok && password != "" {
			return password, codeSuccess
		}
	}
	return "", codeBadAuth
}

// guid reports whether a channel has the form 8-4-4-4-12 of hexadecimal digits.
func guid(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !hex(s[i]) {
			return false
		}
	}
	return true
}
