package main

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/modinput/modinputtest"
	"ollama-hec/testdata/corpus"
)

// firstLine is put above each log, so that no line takes the time of its reading,
// and lastLine below it, to know when all of it has come.
const (
	firstLine = `time=2026-11-21T18:00:00.000Z level=INFO msg="the first line"`
	lastLine  = `time=2026-11-21T20:00:00.000Z level=INFO msg="the last line"`
)

// corpusLogs puts the corpus, or those of its logs that are named, into a folder.
func corpusLogs(t *testing.T, names ...string) (dir string, texts map[string]string) {
	t.Helper()
	entries, err := corpus.Logs.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	dir, texts = t.TempDir(), map[string]string{}
	for _, e := range entries {
		if len(names) > 0 && !slices.Contains(names, e.Name()) {
			continue
		}
		text, err := corpus.Logs.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, e.Name())
		texts[path] = firstLine + "\n" + strings.TrimSuffix(string(text), "\n") + "\n" + lastLine + "\n"
		appendTo(t, path, texts[path])
	}
	return dir, texts
}

// whole is true once so many last lines have come.
func whole(logs int) func([]modinputtest.Event) bool {
	return arrived(slices.Repeat([]string{lastLine}, logs)...)
}

// solid is the lines that are not blank, without a trailing carriage return.
func solid(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestEveryLineOfTheCorpusArrives(t *testing.T) {
	splunk := splunk(t)
	dir, texts := corpusLogs(t)
	all := stanza(
		"corpus",
		"paths",
		filepath.Join(dir, "*.log"),
		"redact",
		"off",
		"prompts",
		"full",
		"host",
		"h",
		"index",
		"i",
	)
	p := splunk.Start(t, all)
	events := p.Await("end of each log", whole(len(texts)))
	endedWell(t, p)

	lines, counts := map[string][]string{}, map[string]int{}
	for _, ev := range events {
		if ev.Stanza != all.Name || ev.Host != "h" || ev.Index != "i" || ev.Time == "" {
			t.Fatalf("metadata of %+v", ev)
		}
		counts[ev.Sourcetype]++
		if ev.Sourcetype == "ollama:server" {
			lines[ev.Source] = append(lines[ev.Source], solid(ev.Data)...)
		}
	}
	for path, text := range texts {
		if want := solid(text); !slices.Equal(lines[path], want) {
			t.Errorf("%s: %d lines of %d, or others", path, len(lines[path]), len(want))
		}
	}
	if counts["ollama:api"] == 0 || counts["ollama:prompts"] == 0 || len(counts) != 3 {
		t.Errorf("events: %v", counts)
	}

	// A second run has nothing to say but what is new.
	for path := range texts {
		appendTo(t, path, lastLine+"\n")
	}
	p = splunk.Start(t, all)
	if again := p.Await("new line of each log", whole(len(texts))); len(again) != len(texts) {
		t.Errorf("%d events, want %d", len(again), len(texts))
	}
	endedWell(t, p)
}

func TestNothingTwiceAfterACleanStop(t *testing.T) {
	splunk, log := splunk(t), newLog(t)
	var events []modinputtest.Event
	for range 3 {
		log.grow(500)
		p := splunk.Start(t, stanza("a", "paths", log.path))
		p.Await("some events", atLeast(100))
		log.grow(500)
		endedWell(t, p)
		events = append(events, p.Events()...)
	}
	p := splunk.Start(t, stanza("a", "paths", log.path))
	log.grow(1)
	log.came(p)
	endedWell(t, p)
	events = append(events, p.Events()...)
	inOrder(t, events, 0)
	if len(events) != log.n {
		t.Errorf("%d events of %d lines", len(events), log.n)
	}
}

func TestNothingLostAfterAKill(t *testing.T) {
	splunk, log := splunk(t), newLog(t)
	next := 0 // what has come of the lines, from the first one on
	for range 5 {
		log.grow(2000)
		p := splunk.Start(t, stanza("a", "paths", log.path))
		p.Await("some events", atLeast(500))
		log.grow(2000)
		p.Kill()
		next = resumed(t, p.Events(), next)
	}
	p := splunk.Start(t, stanza("a", "paths", log.path))
	log.came(p)
	endedWell(t, p)
	if next = resumed(t, p.Events(), next); next != log.n {
		t.Errorf("%d lines came of %d", next, log.n)
	}
}

// resumed checks that events go on where the last ones ended, or before that.
func resumed(t *testing.T, events []modinputtest.Event, next int) int {
	t.Helper()
	for first := range next + 1 {
		if events[0].Data == line(first) {
			inOrder(t, events, first)
			return max(next, first+len(events))
		}
	}
	t.Fatalf("line %d is lost: next came %s", next, events[0].Data)
	return 0
}

func TestAnOrphanEndsAndForgetsNothing(t *testing.T) {
	splunk, log := splunk(t), newLog(t)
	splunk.Runner = true
	log.grow(100)
	p := splunk.Start(t, stanza("a", "paths", log.path))
	log.came(p)
	p.KillRunner()
	p.AwaitLog(`INFO stopping reason="splunkd is gone"`)
	p.Wait()
	if p.Torn() || p.Err() != nil {
		t.Errorf("torn %v, %v", p.Torn(), p.Err())
	}
	splunk.Runner = false
	log.grow(1)
	p = splunk.Start(t, stanza("a", "paths", log.path))
	inOrder(t, log.came(p), 100)
	endedWell(t, p)
}

func TestSplunkdGoneMidSentence(t *testing.T) {
	splunk, log := splunk(t), newLog(t)
	log.grow(1)
	p := splunk.Start(t, stanza("a", "paths", log.path))
	log.came(p)
	p.Vanish()
	log.grow(1)
	p.Terminate() // it would rest first
	p.Wait()
	p = splunk.Start(t, stanza("a", "paths", log.path))
	events := log.came(p)
	inOrder(t, events, log.n-len(events))
	endedWell(t, p)
}

// It ends within seconds although the pipe is full, and what lay in it comes again.
func TestSplunkdThatDoesNotRead(t *testing.T) {
	splunk, log := splunk(t), newLog(t)
	log.grow(100)
	p := splunk.Start(t, stanza("a", "paths", log.path))
	log.came(p)
	p.Pause()
	log.grow(20_000) // more than a pipe holds
	p.AwaitBlocked()
	p.Terminate()
	p.AwaitLog("INFO stopped")
	p.Resume()
	if exit := p.Wait(); exit != modinput.ExitDone || p.Err() != nil {
		t.Errorf("exit %d, %v", exit, p.Err())
	}
	next := resumed(t, p.Events(), 0)
	p = splunk.Start(t, stanza("a", "paths", log.path))
	log.came(p)
	endedWell(t, p)
	if next = resumed(t, p.Events(), next); next != log.n {
		t.Errorf("%d lines came of %d", next, log.n)
	}
}

func TestInputsDoNotDisturbEachOther(t *testing.T) {
	splunk, one, two := splunk(t), newLog(t), newLog(t)
	one.grow(10)
	two.grow(20)
	a := splunk.Start(t, stanza("a", "paths", one.path))
	b := splunk.Start(t, stanza("A", "paths", two.path))
	if n, m := len(one.came(a)), len(two.came(b)); n != 10 || m != 20 {
		t.Errorf("%d and %d events", n, m)
	}
	endedWell(t, a)
	endedWell(t, b)
}

func TestArgumentsAct(t *testing.T) {
	dir, _ := corpusLogs(t, "v0.13.5-trace.log")
	run := func(params ...string) (sourcetypes map[string]int, text string) {
		p := splunk(t).Start(t, stanza("a", append(params, "paths", filepath.Join(dir, "*"))...))
		events := p.Await("end of the log", whole(1))
		endedWell(t, p)
		sourcetypes = map[string]int{}
		for _, ev := range events {
			sourcetypes[ev.Sourcetype]++
			text += ev.Data + "\n"
		}
		return sourcetypes, text
	}
	counts, text := run()
	if counts["ollama:api"] == 0 || counts["ollama:prompts"] == 0 || !strings.Contains(text, "[GIN]") ||
		strings.Contains(text, "jane.doe@example.com") {
		t.Errorf("by default: %v", counts)
	}
	counts, text = run("api_events", "off", "prompts", "off", "skip", "access", "redact", "off")
	if counts["ollama:api"] > 0 || counts["ollama:prompts"] > 0 || strings.Contains(text, "[GIN]") ||
		!strings.Contains(text, "[REDACTED:prompt]") {
		t.Errorf("switched off: %v", counts)
	}
}

// What splunkd happens to have in its environment is not meant for us.
func TestTheEnvironmentChangesNothing(t *testing.T) {
	dir, _ := corpusLogs(t, "v0.13.5-trace.log")
	run := func(env ...string) []modinputtest.Event {
		splunk := splunk(t)
		splunk.Env = append(splunk.Env, env...)
		p := splunk.Start(t, stanza("a", "paths", filepath.Join(dir, "*")))
		events := p.Await("end of the log", whole(1))
		endedWell(t, p)
		return events
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	plain := run()
	changed := run(
		"OLLAMA_HEC_PATHS=/nowhere/*",
		"OLLAMA_HEC_PROMPTS=off",
		"OLLAMA_HEC_START=end",
		"OLLAMA_HEC_HOST=x",
		"OLLAMA_HEC_INDEX=x",
		"OLLAMA_HEC_TIMEZONE=Asia/Tokyo",
		"OLLAMA_HEC_API_EVENTS=nonsense",
		"OLLAMA_HEC_REDACT=off",
		"OLLAMA_HEC_SKIP=access",
		"OLLAMA_HEC_URL=http://127.0.0.1:1",
		"OLLAMA_HEC_TOKEN=t",
		"OLLAMA_HEC_STATE_DIR="+elsewhere,
		"STATE_DIRECTORY="+elsewhere,
		"HOST=x",
		"TOKEN=t",
		"PATHS=/nowhere/*",
	)
	if !reflect.DeepEqual(plain, changed) {
		t.Errorf("%d events, %d with other variables, or not the same", len(plain), len(changed))
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("it keeps its state elsewhere")
	}
}
