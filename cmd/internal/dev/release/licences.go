package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/licensecheck"
)

// terms are the terms under which a part of the program may be passed on.
type terms struct {
	part  string // module and version
	spdx  string // the expression of SPDX for what the licence files say
	texts []file // those files, and notices
}

// standard is the key of Go's own terms.
const standard = "std"

// termsOf finds the terms of Go and of every module in a program, by the module's
// path. A module whose licence is not found or not recognized is an error.
func termsOf(ctx context.Context, info *buildinfo.BuildInfo) (map[string]terms, error) {
	root, err := output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	all := map[string]terms{}
	if all[standard], err = termsIn("Go "+info.GoVersion, root); err != nil {
		return nil, err
	}
	args := []string{"list", "-m", "-f", "{{.Path}}\t{{.Version}}\t{{.Dir}}"}
	for _, m := range info.Deps {
		args = append(args, m.Path)
	}
	modules, err := output(ctx, "go", args...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(modules) {
		m := strings.Split(strings.TrimSpace(line), "\t")
		if len(m) != 3 {
			return nil, fmt.Errorf("%s is not in the module cache: go mod download", m[0])
		}
		look := termsIn
		if spdx, open := unsettled[m[0]]; open {
			look = func(part, folder string) (terms, error) { return termsAtTop(part, folder, spdx) }
		} else if choice, several := offered[m[0]]; several {
			look = choice.termsIn
		}
		if all[m[0]], err = look(m[0]+" "+m[1], m[2]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// licenceFile is how the names of files with licences and notices begin.
var licenceFile = regexp.MustCompile(`^(LICEN[CS]E|COPYING|NOTICE)`)

// termsIn reads the licence files in a module's folder.
func termsIn(part, folder string) (terms, error) {
	t := terms{part: part}
	var ids []string
	names, err := os.ReadDir(folder)
	if err != nil {
		return t, err
	}
	for _, entry := range names {
		name := entry.Name()
		kind := licenceFile.FindString(strings.ToUpper(name)) // some write License.txt
		if kind == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return t, err
		}
		t.texts = append(t.texts, file{name, 0o644, text})
		if kind == "NOTICE" {
			continue
		}
		of, err := recognize(text)
		if err != nil {
			return t, fmt.Errorf("%s, %s: %w", part, name, err)
		}
		ids = append(ids, of...)
	}
	if len(ids) == 0 {
		return t, fmt.Errorf("%s has no licence file", part)
	}
	slices.Sort(ids)
	t.spdx = strings.Join(slices.Compact(ids), " AND ")
	return t, nil
}

// recognizedLeast is how many percent of a licence file must be licences known to
// the classifier. The rest is who holds the copyright, and what applies to what.
const recognizedLeast = 75

// recognize returns the SPDX identifiers of the licences in a text.
func recognize(text []byte) (ids []string, err error) {
	found := licensecheck.Scan(text)
	if found.Percent < recognizedLeast {
		return nil, fmt.Errorf("only %.0f %% of it is a licence that is known", found.Percent)
	}
	for _, m := range found.Match {
		if !m.IsURL {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("it has no licence that is known")
	}
	return ids, nil
}

// thirdParty returns the text of all terms, which must be passed on with the program.
func thirdParty(all map[string]terms, info *buildinfo.BuildInfo) []byte {
	parts := []string{standard}
	for _, m := range info.Deps {
		parts = append(parts, m.Path)
	}
	var text bytes.Buffer
	for _, path := range parts {
		for _, f := range all[path].texts {
			terms := bytes.TrimSpace(inUTF8(f.text))
			fmt.Fprintf(&text, "%s\n%s: %s\n\n%s\n\n", strings.Repeat("=", 78), all[path].part, f.name, terms)
		}
	}
	return text.Bytes()
}

// inUTF8 is a text that may be in Latin-1, as some old licences are.
func inUTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	runes := make([]rune, len(text))
	for i, c := range text {
		runes[i] = rune(c)
	}
	return []byte(string(runes))
}
