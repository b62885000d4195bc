//go:build linux

package harness

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/scs/scstest"
)

// A crash at any time loses nothing on the way to a tenant of Splunk Cloud Services,
// whatever the service answers, and each first arrival is in order.
func TestCrashesOnTheWayToATenant(t *testing.T) {
	t.Parallel()
	s := scstest.Start(t)
	draw := rand.New(rand.NewPCG(1, 2))
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		switch {
		case r.Operation != "postEvents":
		case r.N%6 == 1:
			return &scstest.Fault{Status: 503, Take: r.N%4 == 1}
		case r.N%6 == 3:
			return &scstest.Fault{Drop: true, Take: r.N%4 == 3}
		case r.N%6 == 5:
			return &scstest.Fault{Status: 413}
		}
		return nil
	})
	dir := t.TempDir()
	log, secret := filepath.Join(dir, "o.log"), filepath.Join(dir, "secret")
	seq := 0
	grow := func() {
		var text strings.Builder
		for range 2000 {
			fmt.Fprintf(&text, "line %06d\n", seq)
			seq++
		}
		f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(text.String()); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(secret, []byte(scstest.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) *Shipper {
		shipper, err := Command{Binary: binary, Args: append([]string{"run"}, args...), Env: map[string]string{
			"SCS_TENANT": scstest.Tenant, "SCS_HOST": s.URL, "SCS_PRINCIPAL": scstest.Principal,
			"SCS_PRINCIPAL_SECRET_FILE": secret, "PATHS": log, "STATE_DIR": filepath.Join(dir, "state"),
		}}.Start()
		if err != nil {
			t.Fatal(err)
		}
		return shipper
	}
	for range 5 {
		grow()
		shipper := start()
		before := len(s.Arrived())
		for end := time.Now().Add(patience); len(s.Arrived()) == before && time.Now().Before(end); {
			<-time.After(time.Millisecond)
		}
		<-time.After(time.Duration(draw.IntN(300)) * time.Millisecond)
		shipper.Kill()
		if found := shipper.Leaks(scstest.Secret, ".issued."); len(found) > 0 {
			t.Errorf("it says %q:\n%s", found, shipper.Log())
		}
	}
	last := start("--once")
	<-last.Done()
	if last.ExitCode() != 0 {
		t.Fatalf("status %d:\n%s", last.ExitCode(), last.Log())
	}
	next := 0
	for _, text := range scstest.Texts(s.Arrived()) {
		if text == fmt.Sprintf("line %06d", next) {
			next++
		} else if text > fmt.Sprintf("line %06d", next) {
			t.Fatalf("%q came before line %06d", text, next)
		}
	}
	if next != seq {
		t.Errorf("%d lines of %d came", next, seq)
	}
}
