package lean

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestForgetStart: pages of the program that nobody uses are given back, and it goes on.
func TestForgetStart(t *testing.T) {
	before := mappedKiB(t)
	forgetStart()
	if after := mappedKiB(t); after > before-1024 {
		t.Errorf("%d kB of files are mapped, %d before", after, before)
	}
}

// mappedKiB is how much of files this process has in memory.
func mappedKiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		t.Skip("the kernel does not say how much of files is mapped")
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMappedFrom: only what cannot be written to, of that file alone.
func TestMappedFrom(t *testing.T) {
	const maps = `00400000-00d1a000 r-xp 00000000 fe:00 1311 /usr/bin/ollama-hec
00d1a000-01893000 r--p 0091a000 fe:00 1311 /usr/bin/ollama-hec
01893000-0192e000 rw-p 01493000 fe:00 1311 /usr/bin/ollama-hec
0192e000-0399a000 rw-p 00000000 00:00 0
7f19a4000000-7f19ac000000 r-xp 00000000 fe:00 77 /usr/lib/libc.so.6
nonsense r-xp 00000000 fe:00 77 /usr/bin/ollama-hec
`
	got := mappedFrom(strings.NewReader(maps), "/usr/bin/ollama-hec")
	if want := []mapping{{0x400000, 0xd1a000}, {0xd1a000, 0x1893000}}; !slices.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}
