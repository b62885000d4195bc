package requestlog

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"empty":     {"", ErrEmpty},
		"cut short": {`{"model":"m","pro`, ErrNotJSON},
		"too long":  {`"` + strings.Repeat("x", Max-1) + `"`, ErrLong},
		"as long":   {`"` + strings.Repeat("x", Max-2) + `"`, nil},
	} {
		if got, err := Read(
			write(filepath.Join(dir, "x_body.json"), tt.text),
		); !errors.Is(err, tt.want) ||
			err == nil && string(got) != tt.text {
			t.Errorf("%s: %d bytes, %v, want %v", name, len(got), err, tt.want)
		}
	}
}

// TestTelling: each reason is logged once, whatever the file.
func TestTelling(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ollama-request-logs-1")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"e1": "", "e2": "", "c1": "{", "c2": "{", "good": `{"a":1}`} {
		if err := os.WriteFile(filepath.Join(dir, name+"_body.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("good_body.json", filepath.Join(dir, "l1_body.json")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	read := Telling(slog.New(slog.NewTextHandler(&log, nil)))
	for range 2 {
		for _, name := range []string{"e1", "e2", "c1", "c2", "l1", "gone1", "gone2", "good"} {
			text, err := read(filepath.Join(dir, name+"_body.json"))
			if good := name == "good"; (err == nil) != good || (len(text) > 0) != good {
				t.Errorf("%s: %q, %v", name, text, err)
			}
		}
	}
	if got := strings.Count(log.String(), "level=WARN"); got != 4 {
		t.Errorf("%d reasons, want 4: %s", got, log.String())
	}
}
