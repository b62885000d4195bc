package hec

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// StaticToken is a token that does not change. It prints as a placeholder.
type StaticToken string

func (t StaticToken) Token() (string, error) { return string(t), nil }
func (StaticToken) String() string           { return "[token]" }
func (StaticToken) GoString() string         { return "[token]" }

// tokenMax is more than any token needs.
const tokenMax = 16 << 10

// TokenFile is a token in a file, read for each request: a new token is used at
// once, and a POST of many events does not notice the read.
type TokenFile struct {
	path string

	mu   sync.Mutex
	last string
}

// NewTokenFile reads the token at path.
func NewTokenFile(path string) (*TokenFile, error) {
	t := &TokenFile{path: path}
	_, err := t.Token()
	return t, err
}

// Token returns what the file holds now. While the file cannot be read, as in
// the middle of being replaced, the last token stays in use.
func (t *TokenFile) Token() (string, error) {
	token, err := readToken(t.path)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.last = token
	}
	if t.last == "" {
		return "", err
	}
	return t.last, nil
}

func readToken(path string) (string, error) {
	text, err := readSmall(path, tokenMax)
	if err != nil {
		return "", fmt.Errorf("read the token: %w", err)
	}
	if bytes.IndexByte(text, 0) >= 0 {
		return "", fmt.Errorf("read the token: %s: it holds a byte 0, as text of UTF-16 does: save it as UTF-8", path)
	}
	token := strings.TrimSpace(strings.TrimPrefix(string(text), byteOrderMark))
	if err := CheckToken(token); err != nil {
		return "", fmt.Errorf("read the token: %s: %w", path, err)
	}
	return token, nil
}

// byteOrderMark is what editors of Windows put before text of UTF-8.
const byteOrderMark = "\ufeff"

// CheckToken refuses what cannot stand in a header, without repeating it.
func CheckToken(token string) error {
	if token == "" {
		return fmt.Errorf("the token is empty")
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("the token holds a space or a character that no token has")
		}
	}
	return nil
}
