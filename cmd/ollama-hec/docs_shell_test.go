package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// snippet is what a document shows as code.
type snippet struct {
	doc    string // its path in the repository
	line   int
	text   string
	inline bool // in the middle of a sentence
}

// kind is what a snippet is written in.
type kind uint8

const (
	shell      kind = iota // of which all commands are looked at
	transcript             // a shell's, with what the commands print
	powershell
	conf   // of Splunk
	search // of Splunk, too
)

func (s snippet) kind() kind {
	switch {
	case strings.Contains(s.doc, "/windows/"):
		return powershell
	case strings.HasPrefix(s.text, "["):
		return conf
	case strings.HasPrefix(s.text, "index="):
		return search
	case strings.HasPrefix(s.text, "$ "):
		return transcript
	}
	return shell
}

const root = "../.."

// documents are the documents for people, as paths in the repository, and what
// lies in deploy with comments that say how to use it. Those of the detections
// are written from the code and have tests of their own.
func documents(t *testing.T) (docs []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != root &&
			(strings.HasPrefix(base, ".") || slices.Contains([]string{"testdata", "dist", "bin", "node_modules", "detections"}, base)) {
			return fs.SkipDir
		}
		rel, err := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		if filepath.Ext(name) == ".md" || !d.IsDir() && strings.HasPrefix(rel, deployed) && !strings.HasPrefix(base, "go.") {
			docs = append(docs, rel)
		}
		return err
	})
	if err != nil || len(docs) < 6 {
		t.Fatalf("documents %q, %v", docs, err)
	}
	return docs
}

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var span = regexp.MustCompile("`([^`]+)`")

// snippets takes the code out of a document: blocks between fences, blocks that
// are indented, and spans; of what is no Markdown, blocks that are indented in comments.
// A fence of "text" holds a picture.
func snippets(doc, text string) (all []snippet) {
	if filepath.Ext(doc) != ".md" {
		return commented(doc, text)
	}
	var block *snippet
	fenced, picture, blank := false, false, true
	for i, line := range strings.Split(text, "\n") {
		indented := strings.HasPrefix(line, "    ")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced, block = !fenced, nil
			picture = fenced && line == "```text"
		case picture:
		case fenced, indented && (blank || block != nil):
			if block == nil {
				all = append(all, snippet{doc: doc, line: i + 1})
				block = &all[len(all)-1]
			}
			if !fenced {
				line = line[4:]
			}
			block.text += line + "\n"
		default:
			block = nil
			for _, m := range span.FindAllStringSubmatch(line, -1) {
				all = append(all, snippet{doc: doc, line: i + 1, text: m[1], inline: true})
			}
		}
		blank = strings.TrimSpace(line) == ""
	}
	return all
}

func commented(doc, text string) (all []snippet) {
	in := false
	for i, line := range strings.Split(text, "\n") {
		code, is := strings.CutPrefix(line, "#   ")
		if is && !in {
			all = append(all, snippet{doc: doc, line: i + 1})
		}
		if in = is; is {
			all[len(all)-1].text += code + "\n"
		}
	}
	return all
}

// command line of a shell, taken apart: words without quotes.
type words []string

func (w words) String() string { return strings.Join(w, " ") }

// starts reports whether w begins with the words of prefix.
func (w words) starts(prefix string) bool {
	p := strings.Fields(prefix)
	return len(w) >= len(p) && slices.Equal(w[:len(p)], p)
}

// alternative is a command in a comment that may be used instead.
var alternative = regexp.MustCompile(`# or: (.+)`)

// commands are the commands of a snippet in their order, without sudo, variables
// before them, comments and redirections.
func (s snippet) commands() (all []words) {
	text := s.text
	if s.kind() == transcript {
		first, _, _ := strings.Cut(text, "\n")
		text = strings.TrimPrefix(first, "$ ")
	}
	for _, m := range alternative.FindAllStringSubmatch(text, -1) {
		text += "\n" + m[1]
	}
	for _, w := range split(text, s.kind() == powershell) {
		for len(w) > 0 && (w[0] == "sudo" || assignment.MatchString(w[0]) && len(w) > 1) {
			w = w[1:]
		}
		if len(w) > 0 {
			all = append(all, w)
		}
	}
	return all
}

var assignment = regexp.MustCompile(`^[A-Z_]+=`)

// split breaks a script into commands as a shell does, for as much of its
// grammar as documents need. A shell's backslash escapes; that of PowerShell
// stands for itself.
func split(script string, plainBackslash bool) (all []words) {
	var current words
	var word []byte
	started, dropped := false, false // the word being read has begun; it is where output goes
	endWord := func() {
		if started && !dropped {
			current = append(current, string(word))
		}
		if started {
			dropped = false
		}
		word, started = nil, false
	}
	endCommand := func() {
		endWord()
		if len(current) > 0 {
			all = append(all, current)
		}
		current, dropped = nil, false
	}
	for i := 0; i < len(script); i++ {
		switch c := script[i]; {
		case c == '\\' && !plainBackslash && i+1 < len(script):
			if i++; script[i] != '\n' {
				word, started = append(word, script[i]), true
			}
		case c == '\'' || c == '"':
			end := strings.IndexByte(script[i+1:], c)
			if end < 0 {
				end = len(script) - i - 1
			}
			word, started = append(word, script[i+1:i+1+end]...), true
			i += end + 1
		case c == '#' && !started:
			if end := strings.IndexByte(script[i:], '\n'); end >= 0 {
				i += end - 1
			} else {
				i = len(script)
			}
		case strings.IndexByte("|&;\n", c) >= 0:
			endCommand()
		case c == '>' || c == '<':
			endWord()
			dropped = true
		case c == ' ' || c == '\t':
			endWord()
		default:
			word, started = append(word, c), true
		}
	}
	endCommand()
	return all
}

func TestSplit(t *testing.T) {
	for script, want := range map[string][]string{
		"a b # c\nd":                   {"a b", "d"},
		"a 'b  c' \"d;e\"":             {"a b  c d;e"},
		"a \\\n  b\n":                  {"a b"},
		"a | b && c; d &":              {"a", "b", "c", "d"},
		"a > out b <in\nc":             {"a b", "c"},
		"sh -c 'umask 077 && cat > x'": {"sh -c umask 077 && cat > x"},
		"a#b":                          {"a#b"},
	} {
		var got []string
		for _, w := range split(script, false) {
			got = append(got, w.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", script, got, want)
		}
	}
	if got := split(`copy a\b $c`, true); len(got) != 1 || got[0].String() != `copy a\b $c` {
		t.Errorf("got %q", got)
	}
}

func TestSnippets(t *testing.T) {
	got := snippets("d.md", "text `one` and `two x`\n\n    block\n    more\n\nend\n    no block\n```\nfenced\n```\n")
	want := []snippet{
		{"d.md", 1, "one", true},
		{"d.md", 1, "two x", true},
		{"d.md", 3, "block\nmore\n", false},
		{"d.md", 9, "fenced\n", false},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	got = snippets("d.yaml", "# Text\n#\n#   a b\n#   c\n#\nkey: 1\n#   d\n")
	want = []snippet{{"d.yaml", 3, "a b\nc\n", false}, {"d.yaml", 7, "d\n", false}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}
