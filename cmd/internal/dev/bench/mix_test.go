package main

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

func mixed(t *testing.T, seed uint64, lines int) (all [][]byte) {
	t.Helper()
	m, err := newMix(seed)
	if err != nil {
		t.Fatal(err)
	}
	for range lines {
		all = append(all, bytes.Clone(m.next()))
	}
	return all
}

func TestMixHasTheSharesAndTheSizeOfTheMethod(t *testing.T) {
	const lines = 100_000
	var access, slogs, size int
	for _, l := range mixed(t, 1, lines) {
		size += len(l)
		switch {
		case bytes.HasPrefix(l, []byte("[GIN] ")):
			access++
		case bytes.HasPrefix(l, []byte("time=")):
			slogs++
		}
	}
	within := func(what string, got, want, by float64) {
		if got < want-by || got > want+by {
			t.Errorf("%s: got %.3f, want %.3f", what, got, want)
		}
	}
	within("access", float64(access)/lines, 0.6, 0.01)
	within("slog", float64(slogs)/lines, 0.3, 0.01)
	within("bytes a line", float64(size)/lines, 109, 3)
}

func TestSameSeedSameLog(t *testing.T) {
	one := mixed(t, 7, 1000)
	if !slices.EqualFunc(one, mixed(t, 7, 1000), bytes.Equal) {
		t.Error("the same seed gives another log")
	}
	if slices.EqualFunc(one, mixed(t, 8, 1000), bytes.Equal) {
		t.Error("another seed gives the same log")
	}
}

// Events are counted, so each line has to be one, with its text as it stands.
func TestEachLineIsOneServerEvent(t *testing.T) {
	all := mixed(t, 1, 20_000)
	var got int
	n := sourcetypes.NewNormalizer(
		&sourcetypes.Options{Prompts: sourcetypes.Off, Redact: sourcetypes.DefaultRedact()},
		0,
		input.Carry{},
		func(ev *sourcetypes.Event) {
			if got < len(all) && !bytes.Equal(ev.Body, bytes.TrimSuffix(all[got], []byte("\n"))) {
				t.Fatalf("line %d\n%s became\n%s", got, all[got], ev.Body)
			}
			got++
		},
	)
	for i, l := range all {
		n.Add(&input.Record{Text: bytes.TrimSuffix(l, []byte("\n")), Next: input.Position(i + 1)})
	}
	n.Flush()
	if got != len(all) {
		t.Errorf("%d lines became %d events", len(all), got)
	}
}

// At a rate, as many lines have the stamp of one second as come in it.
func TestSteadyMixHasTheStampsOfItsRate(t *testing.T) {
	m, err := newSteadyMix(1, 500)
	if err != nil {
		t.Fatal(err)
	}
	m.next()
	began := m.now
	forms := map[string]bool{}
	for range 5000 {
		line := m.next()
		if at := bytes.Index(line, []byte(" level=")); at > 0 {
			forms[string(line[at:])] = true
		}
	}
	if took := m.now.Sub(began); took != 10*time.Second {
		t.Errorf("5,000 lines at 500/s took %v by their stamps", took)
	}
	if len(forms) > steadyForms || len(forms) < 2 {
		t.Errorf("%d forms of slog lines, %d are meant", len(forms), steadyForms)
	}
}
