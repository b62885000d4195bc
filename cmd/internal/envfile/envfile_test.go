package envfile

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]Variable{
		"":                      nil,
		"A=b":                   {{"A", "b"}},
		"A=b\r\nC=d\n":          {{"A", "b"}, {"C", "d"}},
		"# A=b\n; C=d\n\nE=f\n": {{"E", "f"}},
		"# a \\\nA=b\nC=d":      {{"C", "d"}},
		"  A = b c  \n":         {{"A", "b c"}},
		"A=b # c":               {{"A", "b # c"}},
		"A=":                    {{"A", ""}},
		"A='b \\n c'":           {{"A", `b \n c`}},
		"A=\"b \\\" \\$ \\d\"":  {{"A", `b " $ \d`}},
		"A='one\ntwo\nthree'":   {{"A", "one\ntwo\nthree"}},
		"A=\"one\\\ntwo\"":      {{"A", "onetwo"}},
		"A=one\\\ntwo":          {{"A", "onetwo"}},
		"A=a'b  'c":             {{"A", "ab  c"}},
		"A=' b '":               {{"A", " b "}},
		"A=\\d+":                {{"A", "d+"}},
		"A=b\nA=c":              {{"A", "b"}, {"A", "c"}},
	} {
		got, err := Parse([]byte(text))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestWrongFiles(t *testing.T) {
	for text, want := range map[string]string{
		"A=b\nsecret\n":     "line 2: want NAME=value",
		"=secret":           "line 1: want NAME=value",
		"A=b\n\nC='secret":  "line 3: a quote is not closed",
		"A=\"secret\\":      "line 1: a quote is not closed",
		"A=secret\x00\nB=c": "a byte 0",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a directory is read")
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("a missing file: %v", err)
	}
}

// A POSIX shell reads the part of the language that both have in common alike.
func TestAgainstAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell here")
	}
	for _, value := range []string{
		`plain`, `'single quoted'`, `"double quoted"`, `a'b'"c"d`, `"a\"b\\c"`, `\'`, `'\d+'`, `"\d+"`, "'two\nlines'", `''`,
	} {
		out, err := exec.Command(sh, "-c", "A="+value+"\nprintf %s \"$A\"").Output()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse([]byte("A=" + value))
		if err != nil || len(got) != 1 || got[0].Value != string(out) {
			t.Errorf("%s: got %q, %v, the shell has %q", value, got, err, out)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("A='b\nc'\nD=\"e\\\n\"\n# f\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := Parse(text)
		for _, v := range all {
			if err != nil || v.Name == "" || strings.ContainsAny(v.Name, "=\n") || len(v.Value) > len(text) {
				t.Errorf("%q: %q, %v", text, v, err)
			}
		}
	})
}
