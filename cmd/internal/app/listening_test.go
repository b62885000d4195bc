package app

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/captured"
)

func TestOnlyOllamaSaysWhereItListens(t *testing.T) {
	const stamp = `time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1205 msg=`
	for line, want := range map[string]int{
		stamp + `"Listening on [::]:11434 (version 0.13.5)"`:                                                            11434,
		stamp + `"Listening on 127.0.0.1:8080 (version 0.6.5-rc1)"`:                                                     8080,
		stamp + `"Listening on [fe80::1%eth0]:11435 (version 0.0.0)"`:                                                   11435,
		`2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434`:                                               11434,
		`2023/12/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434 (version 0.1.14)`:                              11434,
		`time=` + strings.Repeat("1", 40) + stamp[len("time=2026-04-13T08:00:00.123Z"):] + `"Listening on 10.0.0.1:80"`: 80,
		`time=` + strings.Repeat("1", 41) + stamp[len("time=2026-04-13T08:00:00.123Z"):] + `"Listening on 10.0.0.1:80"`: 0,
		"": 0,
		stamp + `"Listening on 127.0.0.1:99999 (version 0.13.5)"`:                            0,
		stamp + `"prompt" prompt="Listening on 127.0.0.1:443 (version 0.13.5)"`:              0,
		stamp + `"Listening on 127.0.0.1:443 (version 0.13.5)" more=1`:                       0,
		`Listening on 127.0.0.1:443 (version 0.13.5)`:                                        0,
		`time=2026-04-13T08:00:00.123Z level=INFO source=chat.go:1 msg="Listening on a:443"`: 0,
		`[GIN] 2026/04/13 - 08:00:00 | 200 | 1ms | 10.0.0.1 | GET "/Listening on 1.1.1.1:5"`: 0,
	} {
		if got := portOf([]byte(line)); got != want {
			t.Errorf("%s: %d", line, got)
		}
	}
}

// listening is what portOf reads, as a pattern.
var listening = regexp.MustCompile(
	`^(?:time=[!-~]{20,40} level=INFO source=routes\.go:\d+ msg="|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d routes\.go:\d+: )` +
		`Listening on [\w.:\[\]%]{1,64}:(\d{1,5}) ?(?:\(version [\w.+-]{1,64}\))?"?$`,
)

func FuzzPortOf(f *testing.F) {
	const slog = `time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1205 msg="Listening on `
	for _, line := range []string{
		slog + `[::]:11434 (version 0.13.5)"`, slog + `127.0.0.1:99999"`, slog + `1.1.1.1:1 `, slog + `a:1:2 "`,
		slog + `:1"`, slog + `a:1 (version )"`, slog + `a:1 (version 1`, slog + `a:000080`, slog + `a:00080`,
		slog + strings.Repeat("a", 64) + ":1", slog + strings.Repeat("a", 65) + ":1",
		slog + "a:1 (version " + strings.Repeat("1", 64) + ")", slog + "a:1 (version " + strings.Repeat("1", 65) + ")",
		`2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434 (version 0.1.14)`,
		`2023/10/06 13:38:58 routes.go:: Listening on 127.0.0.1:11434`,
		`2023/10/d6 13:38:58 routes.go:572: Listening on 127.0.0.1:11434`, "d", "t", "2",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		want := 0
		if m := listening.FindSubmatch(line); m != nil && len(line) <= longestLine {
			if port, err := strconv.ParseUint(string(m[1]), 10, 16); err == nil {
				want = int(port)
			}
		}
		if got := portOf(line); got != want {
			t.Errorf("%q names port %d, not %d", line, want, got)
		}
	})
}

// Prompts are left to capture only while the log says that its Ollama listens where they are
// captured, line by line, whoever takes how many lines at once, and after a restart.
func TestOnlyPromptsOfACapturedPortAreLeftToCapture(t *testing.T) {
	stamp := time.Now().Format("2006-01-02T15:04:05.000Z07:00")
	listens := func(port int) string {
		return fmt.Sprintf(`time=%s level=INFO source=routes.go:1 msg="Listening on [::]:%d (version 0.13.5)"`, stamp, port)
	}
	asked := func(n int) string {
		return fmt.Sprintf(`time=%s level=DEBUG source=routes.go:1 msg="chat request" images=0 prompt="ask %d"`, stamp, n)
	}
	red, blue := new(input.Program), new(input.Program)
	records := []input.Record{
		{Text: []byte(asked(1))}, // nobody knows whose it is: told
		{Text: []byte(listens(11434))},
		{Text: []byte(asked(2))}, // captured
		{Text: []byte(listens(11500))},
		{Text: []byte(asked(3))}, // not captured: told
		{Text: []byte(listens(11434)), Program: red},
		{Text: []byte(asked(4)), Program: blue}, // told
		{Text: []byte(asked(5)), Program: red},  // captured
		{Text: []byte(asked(6))},                // told
		{Text: []byte(listens(11434)), Omitted: true},
		{Text: []byte(asked(7))}, // told: the port of another's line does not count
		{Text: []byte(listens(11434))},
	}
	for i := range records {
		records[i].Next = input.Position(i + 1)
	}
	live := func() captured.Live {
		return captured.Live{Requests: true, Prompts: []int{11434}, Since: time.Now().Add(-time.Hour)}
	}
	for _, atOnce := range []int{1, 2, len(records)} {
		prompts, heard := 0, []int(nil)
		count := func(ev *sourcetypes.Event) {
			if ev.Sourcetype == sourcetypes.Prompts {
				prompts++
			}
		}
		begin := func(at input.Position, c input.Carry) hearing {
			return hearing{captured.NewOnce(&sourcetypes.Options{Prompts: sourcetypes.Full, Now: time.Now},
				captured.NewMatcher(), new(captured.Counts), live, at, c, count), func(port int) { heard = append(heard, port) }}
		}
		h := begin(0, input.Carry{})
		for rest := records; len(rest) > 0; {
			taken := 0
			rest = rest[h.AddAll(rest, func() bool { taken++; return taken == atOnce }):]
		}
		h.Flush()
		if prompts != 5 || !slices.Equal(heard, []int{11434, 11500, 11434, 11434}) {
			t.Errorf("%d at once: %d prompts are told, of ports %v", atOnce, prompts, heard)
		}
		prompts = 0
		h = begin(h.Resume())
		h.AddAll([]input.Record{{Text: []byte(asked(8)), Next: 99}}, nil)
		h.Flush()
		if prompts != 0 {
			t.Error("a restart forgets the port")
		}
	}
}
