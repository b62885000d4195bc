//go:build linux

package harness

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
)

// binary is the executable under test, built once.
var binary string

func TestMain(m *testing.M) {
	if what := os.Getenv(helperEnv); what != "" {
		help(what)
	}
	flag.Parse()
	// The cases wait more than they work.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("16")
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "blackbox")
	if err == nil {
		defer os.RemoveAll(dir)
		// Some shippers run as another user.
		err = os.Chmod(dir, 0o755)
	}
	if err == nil {
		binary, err = Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
