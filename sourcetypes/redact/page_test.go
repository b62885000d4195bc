package redact

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of README.md anew")

// TestPage: the tables of README.md are those of the code.
func TestPage(t *testing.T) {
	file, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(file)
	for _, part := range []struct{ name, table string }{
		{"tokens", tokenTable()}, {"runs", runTable()}, {"names", nameTable()}, {"links", linkTable()},
	} {
		begin, end := "<!-- "+part.name+": go test ./sourcetypes/redact -run Page -update -->\n", "<!-- end of "+part.name+" -->"
		before, rest, ok := strings.Cut(page, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("no place for the %s", part.name)
		}
		page = before + begin + part.table + end + after
	}
	if page == string(file) {
		return
	}
	if !*update {
		t.Fatal("README.md is behind the code: go test ./sourcetypes/redact -run Page -update")
	}
	if err := os.WriteFile("README.md", []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}

func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.ReplaceAll(strings.Join(words, "` `"), "|", `\|`) + "`"
}

func source(s string) string {
	if strings.HasPrefix(s, "https://") {
		return "<" + s + ">"
	}
	return s
}

func tokenTable() string {
	var b strings.Builder
	b.WriteString("| what | begins with | kind | source |\n|---|---|---|---|\n")
	for _, r := range Rules {
		if r.command != nil || r.name && r.scheme == "" {
			continue
		}
		begins := code(r.Prefixes)
		switch {
		case r.Around != "":
			begins = "around " + code([]string{r.Around})
		case r.scheme != "":
			begins = code([]string{r.scheme})
		case r.pem:
			begins = code([]string{"-----BEGIN … PRIVATE KEY-----"})
		}
		fmt.Fprintf(&b, "| %s | %s | %v | %s |\n", r.Name, begins, r.Kind, source(r.Source))
	}
	return b.String()
}

func runTable() string {
	var b strings.Builder
	b.WriteString("| what | form | kind | source |\n|---|---|---|---|\n")
	for _, r := range runs {
		fmt.Fprintf(&b, "| %s | %s | %v | %s |\n", r.name, code([]string{r.like.text}), r.kind, source(r.source))
	}
	return b.String()
}

func nameTable() string {
	var b strings.Builder
	b.WriteString("| the name ends in | kind | where |\n|---|---|---|\n")
	list := func(words map[string]bool) string {
		var all []string
		for w := range words {
			all = append(all, w)
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	for _, e := range nameEnds {
		word := "`" + e.word + "`"
		if e.suffix {
			word = "`…" + e.word + "`"
		}
		if e.plural {
			word += ", also with an s"
		}
		var where []string
		switch {
		case e.only != nil:
			where = append(where, "behind "+list(e.only))
		case !e.alone:
			where = append(where, "behind another word")
		}
		if e.not != nil {
			where = append(where, "but not behind "+list(e.not))
		}
		if e.name.query {
			where = append(where, "in the query of a URL")
		}
		if e.name.signed {
			where = append(where, "where a request is signed")
		}
		if e.name.looks {
			where = append(where, "if the value looks made up")
		}
		if e.name.header {
			where = append(where, "the value of a header")
		}
		fmt.Fprintf(&b, "| %s | %v | %s |\n", word, e.name.kind, strings.Join(where, "; "))
	}
	return b.String()
}

func linkTable() string {
	var b strings.Builder
	b.WriteString("| how | example | |\n|---|---|---|\n")
	for _, l := range links {
		weak := ""
		if l.weak {
			weak = "made up"
		}
		fmt.Fprintf(
			&b,
			"| %s | %s | %s |\n",
			l.name,
			code([]string{strings.ReplaceAll(strings.ReplaceAll(l.example, "\n", `\n`), "%s", "V")}),
			weak,
		)
	}
	return b.String()
}
