package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/testdata/corpus"
)

// events are those of a log under some settings, as they are sent.
func events(o *sourcetypes.Options, log string) (all []string) {
	enc := hec.NewEnvelope(
		hec.Origin{Host: "h", Source: "s", Index: "i", Fields: []input.Field{{Name: "pod", Value: "p"}}},
	)
	n := sourcetypes.NewNormalizer(
		o,
		0,
		input.Carry{},
		func(ev *sourcetypes.Event) { all = append(all, string(enc.Append(nil, ev))) },
	)
	for i, line := range strings.Split(log, "\n") {
		n.Add(&input.Record{Text: []byte(line), Next: input.Position(i + 1)})
	}
	n.Flush()
	return all
}

func normalizing(mode sourcetypes.PromptMode, redact sourcetypes.Redact) *sourcetypes.Options {
	return &sourcetypes.Options{
		Zone:      time.UTC,
		APIEvents: true,
		Prompts:   mode,
		Redact:    redact,
		Now:       func() time.Time { return time.Unix(1_767_225_600, 0) },
	}
}

// Under settings that ask for no more than the earlier ones an event stays as it is,
// byte for byte; under others it becomes what they would have made of the line.
func TestCensoredIsAsIfMadeToday(t *testing.T) {
	entries, err := corpus.Logs.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	was := normalizing(sourcetypes.Full, sourcetypes.Redact{})
	const said = `time=2026-01-01T00:00:00.000Z level=DEBUG source=routes.go:1 msg="chat request" prompt="I am a@b.example,\ntoken=abcdefgh12345 \"quoted\""
[GIN] 2026/01/01 - 00:00:00 | 200 |         1ms |       127.0.0.1 | POST     "/api/chat?token=abcdefgh12345&x=\"1\""
time=2026-01-01T00:00:00.000Z level=INFO source=routes.go:1 msg="mail to a@b.example" password=hunter2hunter2
`
	logs := map[string]string{"marked": said}
	for _, e := range entries {
		text, err := corpus.Logs.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		logs[e.Name()] = string(text)
	}
	for name, log := range logs {
		made := events(was, log)
		for what, o := range map[string]*sourcetypes.Options{
			"full, off": was, "full, default": normalizing(sourcetypes.Full, sourcetypes.DefaultRedact()),
			"redacted": normalizing(sourcetypes.Redacted, sourcetypes.DefaultRedact()), "redacted, off": normalizing(sourcetypes.Redacted, sourcetypes.Redact{}),
		} {
			c := newCensor(o)
			today := events(o, log)
			differ := 0
			for i := range made {
				got, err := c.apply(json.RawMessage(made[i]))
				if err != nil {
					t.Fatalf("%s, %s: %v in %s", name, what, err, made[i])
				}
				if string(got) != today[i] {
					if differ++; differ == 1 {
						t.Errorf("%s, %s:\ngot  %.300s\nwant %.300s", name, what, got, today[i])
					}
				}
			}
		}
	}
}

// PROMPTS=off hides what people write. An address, a name or an outcome stays what detections look for.
func TestCensoredKeepsWhatDetectionsLookFor(t *testing.T) {
	c := newCensor(normalizing(sourcetypes.Off, sourcetypes.DefaultRedact()))
	for sourcetype, keys := range map[string]string{
		"ollama:api": `"src":"203.0.113.7","src_scope":"external","http_method":"POST","uri_path":"/api/chat","operation":"chat",` +
			`"origin":"capture","model":"llama3.2:1b","http_user_agent":"curl/8.5","status":200,"cut":"client"`,
		"ollama:connection": `"src":"203.0.113.7","src_scope":"external","direction":"in","process":"ollama","src_port":40000`,
		"ollama:hec:health": `"component":"shipper","state":"following","version":"0.1.0"`,
	} {
		event := `{"sourcetype":"` + sourcetype + `","event":{` + keys + `}}`
		if got, err := c.apply(json.RawMessage(event)); err != nil || string(got) != event {
			t.Errorf("%s: %v\ngot  %s\nwant %s", sourcetype, err, got, event)
		}
		const quotes = `,"error":"cannot parse tell me about llamas","note":"password=hunter2hunter2"`
		got, err := c.apply(json.RawMessage(strings.Replace(event, "}}", quotes+"}}", 1)))
		if err != nil || strings.Contains(string(got), "llamas") || strings.Contains(string(got), "hunter2") {
			t.Errorf("%s: %v, %s", sourcetype, err, got)
		}
	}
}

// What was stored under PROMPTS=full and REDACT=off is sent under what holds today;
// prompts that may not be sent at all are dropped, counted and said.
func TestReplayObeysTodaysSettings(t *testing.T) {
	const secret, mail, words = "abcdefgh12345", "a@b.example", "tell me about llamas"
	for _, tt := range []struct {
		args    []string
		gone    []string
		there   []string
		dropped int
	}{
		{[]string{"--prompts=full", "--redact=off"}, nil, []string{secret, mail, words}, 0},
		{nil, []string{secret, mail}, []string{words}, 0},
		{[]string{"--prompts=full", "--redact=secrets"}, []string{secret}, []string{mail, words}, 0},
		{[]string{"--redact=off"}, []string{"I am " + mail}, []string{words}, 0},
		{[]string{"--prompts=off"}, []string{secret, mail, words}, nil, 1},
	} {
		_, got := collect(t)
		dir := t.TempDir()
		store := deadletter.Open(dir + "/dead-letter")
		for _, event := range events(normalizing(sourcetypes.Full, sourcetypes.Redact{}), `time=2026-01-01T00:00:00.000Z level=DEBUG source=routes.go:1 msg="chat request" images=0 prompt="I am `+mail+`, `+words+`"
[GIN] 2026/01/01 - 00:00:00 | 200 |         1ms |       127.0.0.1 | POST     "/api/chat?token=`+secret+`"
time=2026-01-01T00:00:00.000Z level=INFO source=routes.go:1 msg=mail to=`+mail) {
			if err := store.Put(hec.DeadLetter{Event: []byte(event), Reason: "too large"}); err != nil {
				t.Fatal(err)
			}
		}
		status, _, errOut := command(t, "", append([]string{"dead-letter", "replay", "--state-dir=" + dir}, tt.args...)...)
		all := strings.Join(
			append(
				append(append([]string{}, got.events["s"]["ollama:server"]...), got.events["s"]["ollama:api"]...),
				got.events["s"]["ollama:prompts"]...),
			"\n",
		)
		for _, text := range tt.gone {
			if strings.Contains(all, text) {
				t.Errorf("%q: %s arrived:\n%s", tt.args, text, all)
			}
		}
		for _, text := range tt.there {
			if !strings.Contains(all, text) {
				t.Errorf("%q: %s did not arrive:\n%s", tt.args, text, all)
			}
		}
		want := fmt.Sprintf("%d dead letters sent again, 0 of them rejected again", 5-tt.dropped)
		if status != 0 || !strings.Contains(errOut, want) ||
			strings.Contains(errOut, "1 dead letters dropped: they are prompts, and PROMPTS=off") != (tt.dropped == 1) {
			t.Errorf("%q: status %d: %s", tt.args, status, errOut)
		}
		if _, out, _ := command(t, "", "dead-letter", "list", "--state-dir="+dir); out != "" {
			t.Errorf("%q: left are\n%s", tt.args, out)
		}
	}
}
