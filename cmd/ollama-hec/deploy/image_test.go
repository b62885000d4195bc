package deploy

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// The image is nothing but the program and what it needs, and not root's. No
// engine is at hand: this is BuildKit's own parser, not a build.
func TestImage(t *testing.T) {
	stages := readStages(t)
	if last := stages[len(stages)-1]; last.BaseName != "scratch" {
		t.Errorf("the image is based on %s", last.BaseName)
	}
	for _, stage := range stages[1:] {
		user, command := "", ""
		for _, c := range stage.Commands {
			switch c := c.(type) {
			case *instructions.UserCommand:
				user = c.User
			case *instructions.EntrypointCommand:
				command = strings.Join(c.CmdLine, " ")
			case *instructions.CopyCommand:
				if c.From != "build" {
					t.Errorf("%s is copied from %q", c.SourcePaths, c.From)
				}
			}
		}
		if user != "65532:65532" || command != "/usr/bin/ollama-hec" {
			t.Errorf("the stage on %s runs %q as %q", stage.BaseName, command, user)
		}
	}
}

func readStages(t *testing.T) []instructions.Stage {
	t.Helper()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	stages, _, err := instructions.Parse(tree.AST, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stages
}

// ownedByOthers are the paths that the image gives to another user than root.
func ownedByOthers(t *testing.T) (paths []string) {
	t.Helper()
	for _, c := range readStages(t)[1].Commands {
		if c, ok := c.(*instructions.CopyCommand); ok && c.Chown != "" {
			paths = append(paths, c.DestPath)
		}
	}
	if len(paths) == 0 {
		t.Fatal("the image has no directory for the state")
	}
	return paths
}
