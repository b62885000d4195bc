package captured

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
	"ollama-hec/sourcetypes/redact"
)

// ship returns the events of lines, each as its sourcetype and its body, and the damaged lines.
func ship(t *testing.T, o Options, lines ...string) (events []string, damaged int64) {
	t.Helper()
	o.Counts = new(Counts)
	n := New(&o, 0, input.Carry{}, func(ev *sourcetypes.Event) {
		text := ev.Sourcetype.String() + " " + string(ev.Body)
		if ev.Program != nil {
			text += fmt.Sprint(" ", ev.Program.Fields)
		}
		events = append(events, text)
	})
	var rs []input.Record
	for i, line := range lines {
		rs = append(rs, input.Record{Text: []byte(line), Next: input.Position(i + 1)})
	}
	if n.AddAll(rs, nil) != len(rs) {
		t.Fatal("not all records were taken")
	}
	if at, _ := n.Resume(); at != input.Position(len(lines)) {
		t.Errorf("resumes at %d of %d", at, len(lines))
	}
	return events, o.Counts.Damaged.Load()
}

func line(st, event string) string {
	r := spool.Record{Time: time.Unix(1_700_000_000, 5), Sourcetype: st, Event: []byte(event)}
	return strings.TrimSuffix(string(r.AppendLine(nil)), "\n")
}

const secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"

func TestTheStricterSettingHolds(t *testing.T) {
	on := redact.Default()
	prompts := line(
		"ollama:prompts",
		`{"origin":"capture","model":"m","response":"ask a@example.com","prompt":"key `+secret+`"}`,
	)
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"full", Options{Prompts: sourcetypes.Full, Responses: exchange.FullResponses},
			`{"origin":"capture","model":"m","response":"ask a@example.com","prompt":"key ` + secret + `"}`},
		{"full, redacted by REDACT", Options{Prompts: sourcetypes.Full, Responses: exchange.FullResponses, Redact: on},
			`{"origin":"capture","model":"m","response":"ask [REDACTED:email]","prompt":"key [REDACTED:token]"}`},
		{"prompts redacted whatever REDACT says", Options{Prompts: sourcetypes.Redacted, Responses: exchange.FullResponses},
			`{"origin":"capture","model":"m","response":"ask [REDACTED:email]","prompt":"key [REDACTED:token]"}`},
		{"responses off", Options{Prompts: sourcetypes.Full},
			`{"origin":"capture","model":"m","prompt":"key ` + secret + `"}`},
		{"prompts off", Options{Prompts: sourcetypes.Off, Responses: exchange.FullResponses}, ""},
	} {
		got, _ := ship(t, tt.o, prompts)
		want := "ollama:prompts " + tt.want
		if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || got[0] != want) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func TestEveryTextIsRedacted(t *testing.T) {
	got, _ := ship(t, Options{Redact: redact.Default()}, line(
		"ollama:api",
		`{"origin":"capture","uri_query":"api_key=`+secret+`","status":200,"more":{"b":["x","a@example.com"],"a":1.50},"error":"a \"b@example.com\""}`,
	))
	want := `ollama:api {"origin":"capture","uri_query":"api_key=[REDACTED:token]","status":200,"more":{"a":1.5,"b":["x","[REDACTED:email]"]},"error":"a \"[REDACTED:email]\""}`
	if len(got) != 1 || strings.Replace(got[0], "[REDACTED:key]", "[REDACTED:token]", 1) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A spool that was written under another setting: the error of a request may quote what was
// asked or answered.
func TestErrorsQuoteNobody(t *testing.T) {
	event := `{"origin":"capture","status":500,"error":"error parsing tool call: raw='{\"q\":\"Begin Patch of the merger\"}'"}`
	got, _ := ship(t, Options{Prompts: sourcetypes.Off}, line("ollama:api", event))
	if len(got) != 1 || strings.Contains(got[0], "merger") || !strings.Contains(got[0], "error parsing tool call") {
		t.Errorf("with PROMPTS=off: %q", got)
	}
	got, _ = ship(t, Options{Prompts: sourcetypes.Redacted}, line("ollama:api", event))
	if len(got) != 1 || !strings.Contains(got[0], "merger") {
		t.Errorf("with PROMPTS=redacted: %q", got)
	}
}

func TestWhatIsNoRecordIsCountedAndNothingElse(t *testing.T) {
	good := line("ollama:connection", `{"origin":"sock_diag"}`)
	events, damaged := ship(
		t,
		Options{},
		good,
		`{"v":1,"time":17`,
		line("ollama:server", `{"forged":true}`),
		line(
			"something",
			`{}`,
		),
		strings.Repeat("\x00", 100)+good,
		`[GIN] 2026/11/21`,
		`{"v":1,"time":1,"sourcetype":"ollama:api","event":{"a":}}`,
	)
	if len(events) != 2 || events[0] != `ollama:connection {"origin":"sock_diag"}` || events[1] != events[0] ||
		damaged != 5 {
		t.Errorf("%d damaged, %q", damaged, events)
	}
}

func TestFieldsOfARecordAreThoseOfItsEvent(t *testing.T) {
	r := spool.Record{Time: time.Unix(1, 0), Sourcetype: "ollama:hec:health", Event: []byte(`{}`),
		Fields: map[string]string{"pod": "p", "container_name": "c"}}
	events, _ := ship(t, Options{}, string(bytes.TrimSpace(r.AppendLine(nil))))
	if len(events) != 1 || events[0] != "ollama:hec:health {} [{container_name c} {pod p}]" {
		t.Errorf("%q", events)
	}
}

func TestALongEventIsCutInsideItsText(t *testing.T) {
	for _, text := range []string{strings.Repeat("é", 3000), strings.Repeat(`\"`, 3000), strings.Repeat("a", 6000)} {
		events, _ := ship(t, Options{Prompts: sourcetypes.Full, MaxEvent: 1000},
			line("ollama:prompts", `{"model":"m","prompt":"`+text+`"}`))
		if len(events) != 1 {
			t.Fatalf("%d events", len(events))
		}
		body := strings.TrimPrefix(events[0], "ollama:prompts ")
		ms, err := parseMembers([]byte(body))
		var prompt string
		if err != nil || len(body) > 1000 || !ms.get("prompt", &prompt) || !strings.Contains(prompt, "bytes dropped]") {
			t.Errorf("%d bytes, %v: %.80s", len(body), err, body)
		}
	}
}

// Where answers are not shipped nothing is said of their length either.
func TestNothingIsSaidOfATextThatIsNotShipped(t *testing.T) {
	event := `{"origin":"capture","response_truncated":true,"response":"a","prompt_truncated":true,"prompt":"b"}`
	got, _ := ship(t, Options{Prompts: sourcetypes.Full}, line("ollama:prompts", event))
	if len(got) != 1 || got[0] != `ollama:prompts {"origin":"capture","prompt_truncated":true,"prompt":"b"}` {
		t.Errorf("%q", got)
	}
}
