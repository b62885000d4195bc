package sourcetypes

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

// TestLogCases: logs as people have them, and the events in them: when, of how many
// lines, and how the first one begins. Each has a page beside it that says why.
func TestLogCases(t *testing.T) {
	for name, want := range map[string][]string{
		"20-win-access-violation":       {`1777600800.123 1 time=2026-05-01T10:00:00`, `1777600800.123 24 Exception 0xc0000005`, `1777600801.123 1 time=2026-05-01T10:00:01`},
		"22-win-init-no-goroutine":      {`1776304800.123 1 time=2026-04-16T10:00:00`, `1776304800.123 18 Exception 0xc0000005`, `1776304801.123 1 time=2026-04-16T10:00:01`},
		"25-gdb-debuginfod":             {`1780308000.123 1 time=2026-06-01T10:00:00`, `1780308000.123 14 /build/ggml/src/gg`, `1780308003.123 1 time=2026-06-01T10:00:03`},
		"27-gdb15-syscall-cancel":       {`1780308000.123 1 time=2026-06-01T10:00:00`, `1780308000.123 10 /build/ggml/src/gg`, `1780308003.123 1 time=2026-06-01T10:00:03`},
		"29-lldb":                       {`1756132094.446 1 time=2025-08-25T17:28:14`, `1756132094.446 12 ggml.cpp:22: GGML_`, `1756132095.446 1 time=2025-08-25T17:28:15`},
		"30-abort-reason-before-signal": {`1772445600.123 1 time=2026-03-02T10:00:00`, `1772445600.123 9 rocBLAS error: Can`},
		"35-first-lines-of-an-old-file": {`1757972363.940 4 Couldn't find 'C:\`, `1757972363.940 1 time=2025-09-15T14:39:23`},
		"54-stack-overflow-after-crash": {`1778273433.091 1 time=2026-05-08T20:50:33`, `1778273433.091 5 fatal error: conc`, `1778273434.091 1 time=2026-05-08T20:50:34`, `1778273434.091 7 runtime: goroutine`, `1778273435.091 1 time=2026-05-08T20:50:35`},
		"62-indent-after-access":        {`1780308000.000 1 time=2026-06-01`, `1780308000.000 1 slot launch_slot_`, `1780308001 1 [GIN]`, "1780308001 2 \trepeat_last_n", `1780308001 1 slot launch_slot_`},
		"66-pull-progress":              {`1776067200.123 1 time=`, `1776067200.123 1 pulling manifest ⠋ pulling manifest ⠙`, `1776067200.123 1 pulling 3a43f93b78ec...  13%`},
		"70-data-race":                  {`1780308000.123 1 time=`, `1780308000.123 14 ==================`, `1780308001 1 [GIN]`},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range normalize(t, defaults(), readFile(t, filepath.Join(casesDir, "logs", name+".log"))) {
				if e.Sourcetype == Server {
					got = append(got, fmt.Sprintf("%s %d %s", e.Time, strings.Count(e.Body, "\n")+1, e.Body))
				}
				if strings.ContainsRune(e.Body, '\x1b') {
					t.Errorf("an escape is left: %q", e.Body)
				}
			}
			if !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestSaidByAnother: what systemd says of the unit is an event of its own, with its caller
// and its time, breaks nothing in two, changes no inherited time and holds no prompt.
func TestSaidByAnother(t *testing.T) {
	const at = 1776067200123000000
	o := defaults()
	o.Prompts = Off
	rs := []input.Record{
		{Text: []byte(`time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1 msg="total blobs: 0"`), Next: 1, Time: at},
		{Text: []byte("panic: boom"), Next: 2, Time: at},
		{Text: []byte("goroutine 1 [running]:"), Next: 3, Time: at},
		{
			Text:   []byte("ollama.service: Main process exited, code=killed, status=9/KILL"),
			Next:   4,
			Time:   at + 5e9,
			Caller: "systemd",
		},
		{Text: []byte("main.main()"), Next: 5, Time: at},
		{Text: []byte("\t/x/main.go:1 +0x1"), Next: 6, Time: at},
		{Text: []byte("  "), Next: 7, Caller: "systemd"},
	}
	var got []string
	n := NewNormalizer(o, 0, input.Carry{}, func(e *Event) {
		got = append(got, fmt.Sprintf("%s %s %d", e.Caller, e.Time.Append(nil), len(e.Body)))
	})
	n.AddAll(rs, nil)
	n.Flush()
	slices.Sort(got)
	if want := []string{
		" 1776067200.123 78",
		" 1776067200.123 80",
		"systemd 1776067205.123 63",
	}; !slices.Equal(
		got,
		want,
	) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestLateLines: a line without a stamp that came hours after the last one, as the
// container's runtime says, is of when it came.
func TestLateLines(t *testing.T) {
	const at, hour = 1776067200123000000, 3600e9
	rs := []input.Record{
		{
			Text: []byte(
				`time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1 msg="Listening on [::]:11434 (version 0.13.5)"`,
			),
			Next: 1,
			Time: at + 450000,
		},
		{Text: []byte(`CUDA error: an illegal memory access was encountered`), Next: 2, Time: at + 7*hour},
		{Text: []byte(`  current device: 0, in function x at y.cu:1`), Next: 3, Time: at + 7*hour},
		{Text: []byte(`srv  update_slots: all slots are idle`), Next: 4, Time: at + 8*hour},
	}
	events, _ := normalizeRecords(t, defaults(), rs)
	var times []string
	for _, e := range events {
		times = append(times, e.Time)
	}
	if want := []string{"1776067200.123", "1776092400.123", "1776096000.123"}; !slices.Equal(times, want) {
		t.Errorf("times %v, want %v", times, want)
	}
}
