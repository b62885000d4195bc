package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// choice is the licence that the program takes of those that a module offers.
type choice struct{ spdx, text string }

// offered are modules that say in LICENSE that one of several licences may be chosen.
var offered = map[string]choice{
	// The other is the GPL.
	"github.com/golang/freetype": {"FTL", "licenses/ftl.txt"},
}

// termsIn reads the module's offer and the text that was chosen.
func (c choice) termsIn(part, folder string) (terms, error) {
	t := terms{part: part, spdx: c.spdx}
	for _, name := range []string{"LICENSE", c.text} {
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return t, fmt.Errorf("licence of %s: %w", part, err)
		}
		t.texts = append(t.texts, file{name, 0o644, text})
	}
	return t, nil
}
