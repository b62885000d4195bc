package hec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec"
)

// Editors and shells of Windows write a token in these ways.
func TestATokenAsWindowsSavesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	for text, want := range map[string]string{
		"\ufeffabc\r\n":            "abc",
		"abc\r\n":                  "abc",
		"\xff\xfea\x00b\x00c\x00":  "UTF-8",
		"\ufeff\r\n":               "the token is empty",
		"Splunk abc":               "holds a space",
		"\xef\xbb\xbf\ufeffdouble": "holds a space or a character",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := hec.NewTokenFile(path)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", text, err, want)
			}
			continue
		}
		if token, _ := file.Token(); token != want {
			t.Errorf("%q: got %q, want %q", text, token, want)
		}
	}
}
