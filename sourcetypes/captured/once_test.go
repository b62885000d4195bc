package captured

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

func TestWhichSightingsAreOfOneRequest(t *testing.T) {
	end := time.Unix(1_700_000_000, 0)
	is := Request{"POST", "/api/chat", 200, end, time.Second}
	for _, tt := range []struct {
		name string
		r    Request
		want bool
	}{
		{"the same", is, true},
		{"a second of the stamp", Request{"POST", "/api/chat", 200, end.Add(999 * time.Millisecond), time.Second}, true},
		{"two seconds earlier", Request{"POST", "/api/chat", 200, end.Add(-2 * time.Second), time.Second}, true},
		{"later", Request{"POST", "/api/chat", 200, end.Add(2*time.Second + 1), time.Second}, false},
		{"50 ms longer", Request{"POST", "/api/chat", 200, end, time.Second + 50*time.Millisecond}, true},
		{"longer", Request{"POST", "/api/chat", 200, end, time.Second + 51*time.Millisecond}, false},
		{"another method", Request{"GET", "/api/chat", 200, end, time.Second}, false},
		{"another path", Request{"POST", "/api/chatt", 200, end, time.Second}, false},
		{"another status", Request{"POST", "/api/chat", 499, end, time.Second}, false},
	} {
		for _, pair := range [][2]Request{{tt.r, is}, {is, tt.r}} {
			m := NewMatcher()
			m.Captured(pair[0])
			if m.Find(pair[1]) != tt.want || m.Find(pair[1]) {
				t.Errorf("%s: found, and found once: not %v", tt.name, tt.want)
			}
		}
	}
}

// Requests that are never found do not fill the memory, and what is found among many alike
// is the closest.
func TestTheMatcherIsBounded(t *testing.T) {
	m, end := NewMatcher(), time.Unix(1_700_000_000, 0)
	for n := range 3 * maxRequests {
		m.Captured(Request{"GET", fmt.Sprint("/", n%7), 200, end.Add(time.Duration(n) * time.Millisecond), 0})
	}
	held := 0
	for _, all := range m.index.families {
		held += len(all)
	}
	if held != maxRequests || len(m.order) != maxRequests {
		t.Errorf("%d held, %d in order", held, len(m.order))
	}
	last := Request{"GET", fmt.Sprint("/", (3*maxRequests-1)%7), 200, end.Add((3*maxRequests - 1) * time.Millisecond), 0}
	all := func() []sighting { return m.index.families[family{last.kind(), 0}] }
	if !m.Find(last) || all()[len(all())-1].end == last.End.UnixNano() {
		t.Error("the closest was not taken")
	}
}

// log is a log that is read while something is captured, at the bubble's time.
type log struct {
	*Once
	events  []string
	matcher *Matcher
	next    input.Position
}

func newLog(o sourcetypes.Options, live *Live) *log {
	l := &log{matcher: NewMatcher()}
	o.APIEvents, o.Now = true, time.Now
	l.Once = NewOnce(
		&o,
		l.matcher,
		new(Counts),
		func() Live { return *live },
		0,
		input.Carry{},
		func(ev *sourcetypes.Event) {
			l.events = append(l.events, ev.Sourcetype.String())
		},
	)
	return l
}

// say reads a line, and does what is due as a lane does.
func (l *log) say(text string) {
	l.next++
	l.AddAll(recordsOf(l.next, text), nil)
	l.wait(0)
}

func recordsOf(next input.Position, text string) []input.Record {
	return []input.Record{{Text: []byte(text), Next: next}}
}

// wait does what is due in that time.
func (l *log) wait(d time.Duration) {
	until := time.Now().Add(d)
	for l.Held() > 0 && !time.Now().Add(l.Held()).After(until) {
		time.Sleep(l.Held())
		l.FlushDue()
	}
	time.Sleep(time.Until(until))
}

func access(path string, took time.Duration) string {
	return fmt.Sprintf("[GIN] %s | 200 | %12s |       127.0.0.1 | POST     %q",
		time.Now().Local().Format("2006/01/02 - 15:04:05"), took, path)
}

func TestARequestIsToldOnce(t *testing.T) {
	const server, api = "ollama:server", "ollama:api"
	captures := func(l *log, path string, took time.Duration) {
		l.matcher.Captured(Request{"POST", path, 200, time.Now(), took})
	}
	for _, tt := range []struct {
		name string
		do   func(l *log, live *Live)
		want []string
	}{
		{"captured before its line is read", func(l *log, _ *Live) {
			captures(l, "/api/chat", time.Second)
			l.say(access("/api/chat", time.Second))
			l.wait(10 * time.Second)
		}, []string{server}},
		{"captured after its line was read", func(l *log, _ *Live) {
			l.say(access("/api/chat", time.Second))
			l.wait(time.Second)
			captures(l, "/api/chat", time.Second+20*time.Millisecond)
			l.wait(10 * time.Second)
		}, []string{server}},
		{"not captured: told after three seconds", func(l *log, _ *Live) {
			l.say(access("/api/chat", time.Second))
			l.wait(2900 * time.Millisecond)
			if len(l.events) != 1 {
				t.Errorf("%q before three seconds are over", l.events)
			}
			l.wait(200 * time.Millisecond)
		}, []string{server, api}},
		{"the later of two is not told of for the earlier", func(l *log, _ *Live) {
			l.say(access("/api/chat", 812*time.Millisecond))
			l.wait(200 * time.Millisecond) // it is looked for
			captures(l, "/api/chat", 813*time.Millisecond)
			l.wait(1600 * time.Millisecond)
			l.say(access("/api/chat", 799*time.Millisecond))
			l.wait(900 * time.Millisecond)
			captures(l, "/api/chat", 799*time.Millisecond)
			l.wait(10 * time.Second)
		}, []string{server, server}},
		{"a busy server gets to it late", func(l *log, _ *Live) {
			captures(l, "/api/chat", 900*time.Millisecond)
			l.say(access("/api/chat", time.Millisecond))
			l.wait(10 * time.Second)
		}, []string{server}},
		{"it cannot have been longer in the server than on the wire", func(l *log, _ *Live) {
			captures(l, "/api/chat", time.Millisecond)
			l.say(access("/api/chat", 900*time.Millisecond))
			l.wait(10 * time.Second)
		}, []string{server, api}},
		{"two alike, one captured", func(l *log, _ *Live) {
			l.say(access("/api/chat", time.Second))
			l.say(access("/api/chat", time.Second))
			captures(l, "/api/chat", time.Second)
			l.wait(10 * time.Second)
		}, []string{server, server, api}},
		{"nothing is being captured", func(l *log, live *Live) {
			*live = Live{}
			l.say(access("/api/chat", time.Second))
			l.wait(150 * time.Millisecond)
		}, []string{server, api}},
		{"its line is from before", func(l *log, live *Live) {
			live.Since = time.Now().Add(time.Hour)
			l.say(access("/api/chat", time.Second))
			l.wait(150 * time.Millisecond)
		}, []string{server, api}},
		{"a stop tells what is held", func(l *log, _ *Live) {
			l.say(access("/api/chat", time.Second))
			l.say(access("/api/tags", time.Second))
			captures(l, "/api/tags", time.Second)
			l.Flush()
		}, []string{server, server, api}},
	} {
		synctest.Test(t, func(t *testing.T) {
			live := &Live{Requests: true, Since: time.Now()}
			time.Sleep(time.Minute)
			l := newLog(sourcetypes.Options{}, live)
			tt.do(l, live)
			if !slices.Equal(l.events, tt.want) {
				t.Errorf("%s: %q, want %q", tt.name, l.events, tt.want)
			}
		})
	}
}

// A checkpoint stays below the line of an event that is held.
func TestNothingHeldIsCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(sourcetypes.Options{}, &Live{Requests: true, Since: time.Now()})
		l.say("time=2026-11-21T19:12:19.541Z level=INFO source=x.go:1 msg=first")
		l.wait(time.Second)
		l.say(access("/api/chat", time.Second))
		for range 5 {
			l.say("time=2026-11-21T19:12:19.541Z level=INFO source=x.go:1 msg=later")
			l.wait(200 * time.Millisecond)
		}
		if at, _ := l.Resume(); at != 1 {
			t.Errorf("a restart begins at %d, want before the line whose event is held", at)
		}
		l.wait(5 * time.Second)
		if at, _ := l.Resume(); at != 7 || l.Held() != 0 {
			t.Errorf("a restart begins at %d", at)
		}
	})
}

func TestPromptsOfACapturedPortAreNotDerivedFromLines(t *testing.T) {
	said := func() string {
		return `time=` + time.Now().Format(
			"2006-01-02T15:04:05.000Z07:00",
		) + ` level=DEBUG source=routes.go:1 msg="chat request" images=0 prompt="why is the sky blue?"`
	}
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			live Live
			want string
		}{
			{Live{}, "ollama:server ollama:prompts"},
			{Live{Requests: true, Prompts: []int{1, 11434}, Since: time.Now()}, "ollama:server"},
			{Live{Requests: true, Prompts: []int{1}, Since: time.Now()}, "ollama:server ollama:prompts"},
			{Live{Requests: true, Since: time.Now()}, "ollama:server ollama:prompts"},
			{
				Live{Requests: true, Prompts: []int{11434}, Since: time.Now().Add(time.Hour)},
				"ollama:server ollama:prompts",
			},
		} {
			l := newLog(sourcetypes.Options{}, &tt.live)
			l.Listens(nil, 11434)
			l.say(said())
			l.wait(time.Second)
			if got := strings.Join(l.events, " "); got != tt.want {
				t.Errorf("%+v: %s", tt.live, got)
			}
		}
	})
}
