//go:build linux

package proxies

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"ollama-hec/cmd/internal/harness"
)

// binary is the executable under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("PROXIES") == "" && os.Getenv("PROXIES_REQUIRED") == "" {
		fmt.Println("skipped: these tests start proxies, make test-proxies runs them")
		os.Exit(0)
	}
	// The cases wait more than they work.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("16")
	}
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "proxies")
	if err == nil {
		defer os.RemoveAll(dir)
		binary, err = harness.Build(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
