package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// unsettled are modules without a licence file, whose terms a person has yet to settle
// (CONTRIBUTING.md, Dependencies), with what the bill calls these terms. The notices have
// what their sources say.
var unsettled = map[string]string{
	"github.com/splunk/go-dependencies": "LicenseRef-go-dependencies",
}

// termsAtTop are the terms of a module as its sources state them, before their package
// clauses. That none does is an error.
func termsAtTop(part, folder, spdx string) (terms, error) {
	t := terms{part: part, spdx: spdx}
	tops, err := topsOf(folder)
	if err != nil {
		return t, err
	}
	for _, top := range slices.Sorted(maps.Keys(tops)) {
		name := "no licence file; at the top of " + strings.Join(tops[top], ", ")
		t.texts = append(t.texts, file{name, 0o644, []byte(top)})
	}
	if len(t.texts) == 0 {
		return t, fmt.Errorf("%s has no licence file, and its sources say nothing of one", part)
	}
	return t, nil
}

// topsOf returns the comments that stand before the package clauses in a folder, but for
// the package's own, with the files that have each.
func topsOf(folder string) (map[string][]string, error) {
	files := map[string][]string{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		mode := parser.PackageClauseOnly | parser.ParseComments
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, mode)
		if err != nil {
			return err
		}
		var top strings.Builder
		for _, comment := range parsed.Comments {
			if comment.Pos() < parsed.Package && comment != parsed.Doc {
				top.WriteString(comment.Text())
			}
		}
		if top.Len() == 0 {
			return nil
		}
		name, err := filepath.Rel(folder, path)
		files[top.String()] = append(files[top.String()], filepath.ToSlash(name))
		return err
	})
	return files, err
}
