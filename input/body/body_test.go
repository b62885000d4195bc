package body

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyBodiesAreRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ollama-request-logs-1")
	other := filepath.Join(t.TempDir(), "other")
	for _, d := range []string{dir, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, text string) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := func(old, path string) string {
		t.Helper()
		if err := os.Symlink(old, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secret := write(filepath.Join(other, "x_body.json"), "secret")
	linked := filepath.Join(filepath.Dir(other), "ollama-request-logs-2")
	link(other, linked)
	if err := os.Mkdir(filepath.Join(dir, "d_body.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ path, want string }{
		"a body":               {write(filepath.Join(dir, "1_api_generate_body.json"), `{"model":"m"}`), `{"model":"m"}`},
		"another directory":    {secret, ""},
		"another name":         {write(filepath.Join(dir, "1_request.sh"), "x"), ""},
		"out of it":            {filepath.Join(dir, "..", filepath.Base(filepath.Dir(dir)), "ollama-request-logs-1", "..", "x_body.json"), ""},
		"a linked file":        {link(secret, filepath.Join(dir, "l_body.json")), ""},
		"a linked directory":   {filepath.Join(linked, "x_body.json"), ""},
		"a directory":          {filepath.Join(dir, "d_body.json"), ""},
		"a relative path":      {"ollama-request-logs-1/x_body.json", ""},
		"nothing there":        {filepath.Join(dir, "2_body.json"), ""},
		"nothing there either": {"/nowhere/ollama-request-logs-1/2_body.json", ""},
	} {
		got, err := Read(tt.path)
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	big := write(filepath.Join(dir, "big_body.json"), string(bytes.Repeat([]byte("x"), Max+10)))
	if got, err := Read(big); err != nil || len(got) != Max {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
