//go:build linux

package realollama

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections"
)

// comparison holds what arrived against what was done.
type comparison struct {
	clients []*client
	written []string // lines of the log
	arrived *splunk
}

// made are the requests of all clients, by the address that is logged.
func (c comparison) made() (bySrc map[string][]request, n int) {
	bySrc = map[string][]request{}
	for _, client := range c.clients {
		n += len(client.made)
		for _, r := range client.made {
			bySrc[r.Src] = append(bySrc[r.Src], r)
		}
	}
	return bySrc, n
}

// asked are the prompts of all clients.
func (c comparison) asked() (prompts []string) {
	for _, client := range c.clients {
		prompts = append(prompts, client.prompts...)
	}
	return prompts
}

// complete: as much arrived as there is.
func (c comparison) complete() error {
	_, requests := c.made()
	_, err := once(c.arrived.of("ollama:api"), requests)
	_, err2 := once(c.arrived.of("ollama:prompts"), len(c.asked()))
	_, err3 := once(c.texts(), len(c.written))
	return errors.Join(err, err2, err3)
}

// requests compares ollama:api with the requests, in the order of each client.
func (c comparison) requests(t *testing.T) []detections.Event {
	made, n := c.made()
	events, err := once(c.arrived.of("ollama:api"), n)
	if err != nil {
		t.Fatalf("requests: %v", err)
	}
	got := map[string][]request{}
	for _, e := range events {
		a, err := decode[api](e)
		if err != nil {
			t.Error(err)
			continue
		}
		if a.Origin != "access_log" || a.Millis == nil || *a.Millis < 0 || a.Scope != scope(a.Src) {
			t.Errorf("origin, response time or scope: %s", e.Raw)
		}
		got[a.Src] = append(got[a.Src], request{a.Src, a.Method, a.Path, a.Query, a.Status, a.API, a.Operation})
	}
	for _, src := range slices.Sorted(maps.Keys(made)) {
		compare(t, "requests of "+src, got[src], made[src])
	}
	if len(got) != len(made) {
		t.Errorf("requests from %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(made)))
	}
	return events
}

// scope is what src_scope is to be for the addresses of this test.
func scope(src string) string {
	switch a, err := netip.ParseAddr(src); {
	case err != nil:
		return ""
	case a.IsLoopback():
		return "loopback"
	case a.IsPrivate():
		return "private"
	}
	return "external"
}

// prompts compares ollama:prompts with what was asked, without the secrets.
func (c comparison) prompts(t *testing.T) []detections.Event {
	var want, got []prompt
	for _, text := range c.asked() {
		want = append(want, prompt{"debug_log", len(text), strings.NewReplacer(secrets...).Replace(text)})
	}
	events, err := once(c.arrived.of("ollama:prompts"), len(want))
	if err != nil {
		t.Fatalf("prompts: %v", err)
	}
	for _, e := range events {
		p, err := decode[struct {
			prompt
			Images int
		}](e)
		if err != nil {
			t.Error(err)
		}
		got = append(got, p.prompt)
	}
	byText := func(a, b prompt) int { return strings.Compare(a.Prompt, b.Prompt) }
	slices.SortFunc(got, byText)
	slices.SortFunc(want, byText)
	compare(t, "prompts", got, want)
	return events
}

// silence: with PROMPTS=off no prompt is in any event.
func (c comparison) silence(t *testing.T, preview string) {
	if !strings.Contains(preview, "[REDACTED:prompt]") {
		t.Error("no prompt is replaced")
	}
	for line := range strings.Lines(preview) {
		var e struct {
			Sourcetype string
			Event      json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if e.Sourcetype == "ollama:prompts" {
			t.Errorf("a prompt: %s", line)
		}
		raw := string(e.Event)
		_ = json.Unmarshal(e.Event, &raw) // an object stays as it is
		for _, text := range c.asked() {
			quoted := strconv.Quote(text)
			// A word or two stand elsewhere, too.
			if quoted = quoted[1 : len(quoted)-1]; len(text) > 8 &&
				(strings.Contains(raw, text) || strings.Contains(raw, quoted)) {
				t.Errorf("the prompt %.40q is in %s", text, line)
			}
		}
	}
}

// texts are the lines in ollama:server, by life.
func (c comparison) texts() [][]string {
	lives := c.arrived.of("ollama:server")
	texts := make([][]string, len(lives))
	for life, events := range lives {
		for _, e := range events {
			texts[life] = append(texts[life], lines(e.Raw)...)
		}
	}
	return texts
}

// lines compares ollama:server with the log, without the secrets.
func (c comparison) lines(t *testing.T) []detections.Event {
	got, err := once(c.texts(), len(c.written))
	if err != nil {
		t.Fatalf("lines: %v", err)
	}
	want := make([]string, len(c.written))
	for i, line := range c.written {
		want[i] = strings.NewReplacer(secrets...).Replace(line)
	}
	compare(t, "lines", got, want)
	lives := c.arrived.of("ollama:server")
	if len(lives[0]) == 0 || len(lives[1]) == 0 || c.twice() == len(lives[0]) {
		t.Errorf(
			"%d events before the crash, %d after it, %d in both: it did not happen in the middle",
			len(lives[0]),
			len(lives[1]),
			c.twice(),
		)
	}
	events, err := once(lives, len(lives[0])+len(lives[1])-c.twice())
	if err != nil {
		t.Fatalf("lines: %v", err)
	}
	return events
}

// twice is how many events of ollama:server arrived before the crash and after it.
func (c comparison) twice() int {
	lives, texts := c.arrived.of("ollama:server"), c.texts()
	again := len(texts[0]) + len(texts[1]) - len(c.written) // lines
	n := 0
	for _, e := range lives[1] {
		if again <= 0 {
			break
		}
		again -= len(lines(e.Raw))
		n++
	}
	return n
}

// crash: all that the runner said when it crashed is one event.
func (c comparison) crash(t *testing.T, texts []detections.Event) {
	const head = "SIGABRT: abort"
	from := slices.Index(c.written, head)
	if from < 0 {
		t.Fatal("the runner did not crash")
	}
	want := c.written[from:]
	if to := slices.IndexFunc(want, func(line string) bool { return strings.HasPrefix(line, "time=") }); to > 0 {
		want = want[:to]
	}
	for _, e := range texts {
		if strings.HasPrefix(e.Raw, head) {
			compare(t, "lines of the crash", lines(e.Raw), want)
			return
		}
	}
	t.Error("no event begins with ", head)
}

// failures: the detection finds each pull and push that failed, and nothing
// else, save that the server may ask a runner that has crashed how it is.
func (c comparison) failures(t *testing.T, texts []detections.Event) {
	incidents := 6 // each pull says it once, the push that it fails, and of which blob
	for _, line := range c.written {
		if strings.Contains(line, `msg="server unhealthy" error="health resp: `) {
			incidents++
		}
	}
	found := detection(t, "Ollama Network Failure").Run(texts)
	if len(found) != 1 {
		t.Fatalf("%d hosts with network failures, want 1", len(found))
	}
	row := found[0].Row
	for column, want := range map[string][]string{
		"host": {host}, "kinds": {"dns", "other", "refused"}, "remote_hosts": {"127.0.0.1", unheard, hidden},
		"incidents": {strconv.Itoa(incidents)},
	} {
		if !slices.Equal(row[column], want) {
			t.Errorf("network failures: %s %v, want %v: %s", column, row[column], want, found[0].Text)
		}
	}
}

// external: the detection finds each address outside with its requests.
func (c comparison) external(t *testing.T, events []detections.Event) {
	made, _ := c.made()
	want := map[string]string{}
	for src, requests := range made {
		if scope(src) == "external" {
			want[src] = fmt.Sprint(len(requests))
		}
	}
	got := map[string]string{}
	for _, f := range detection(t, "Ollama API Accessed from External Network").Run(events) {
		got[strings.Join(f.Row["src"], ",")] = strings.Join(f.Row["requests"], ",")
	}
	if len(want) != 3 || !maps.Equal(got, want) {
		t.Errorf("external requests %v, want %v", got, want)
	}
}

func detection(t *testing.T, name string) detections.Detection {
	t.Helper()
	all := detections.All()
	i := slices.IndexFunc(all, func(d detections.Detection) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("there is no detection %q", name)
	}
	return all[i]
}

// compare reports the first difference.
func compare[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s, the %dth: got\n%#v, want\n%#v", what, i, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d, want %d", what, len(got), len(want))
	}
}
