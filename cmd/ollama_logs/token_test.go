package main

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/modinput/modinputtest"
	"ollama-hec/splunk_app/splunkd"
	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

const (
	oldToken = "01d70c3a-7e57-7e57-7e57-7e577e577e57"
	newToken = "2e3a70c3-7e57-7e57-7e57-7e577e577e57"
)

// keeper is a splunkd that keeps the tokens of inputs.
func keeper(t *testing.T) (*splunkdtest.Server, func(user, token string)) {
	t.Helper()
	s := splunkdtest.Start(t)
	s.AddApp(modinput.App, false)
	c, err := splunkd.New(splunkd.Options{URL: s.URL, SessionKey: splunkdtest.AdminSession})
	if err != nil {
		t.Fatal(err)
	}
	return s, func(user, token string) {
		if err := c.SetPassword(t.Context(), modinput.App, modinput.TokenRealm, user, token); err != nil {
			t.Fatal(err)
		}
	}
}

// collector is an HTTP Event Collector that acknowledges.
type collector struct {
	*receiver.Receiver

	mu     sync.Mutex
	events []receiver.Event
}

func collect(t *testing.T, token string) *collector {
	t.Helper()
	c := new(collector)
	c.Receiver = receiver.New(
		receiver.Options{Tokens: []receiver.Token{{Value: token, Ack: true}}, Event: func(ev receiver.Event) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.events = append(c.events, ev)
		}},
	)
	if err := c.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := c.Serve(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { c.Close(); <-served })
	return c
}

// texts waits for n events of ollama:server.
func (c *collector) texts(t *testing.T, n int, p *modinputtest.Process) (texts []string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); ; {
		c.mu.Lock()
		events := slices.Clone(c.events)
		c.mu.Unlock()
		if len(events) >= n {
			for _, ev := range events {
				texts = append(texts, string(ev.Event))
			}
			return texts
		}
		if time.Now().After(end) {
			t.Fatalf("%d events of %d, log:\n%s", len(events), n, strings.Join(p.Log(), "\n"))
		}
		<-time.After(5 * time.Millisecond)
	}
}

func toHEC(c *collector, log *growing) modinputtest.Stanza {
	return stanza("main", "paths", log.path, "output", "hec", "url", c.URL(), "index", "ollama", "host", "gpu-1")
}

func TestEventsGoToHEC(t *testing.T) {
	keeper, store := keeper(t)
	store("default", "not-this-one")
	store("main", oldToken+"\n")
	c, log, splunk := collect(t, oldToken), newLog(t), splunk(t)
	splunk.ServerURI, splunk.SessionKey = keeper.URL, splunkdtest.AdminSession

	log.grow(500)
	p := splunk.Start(t, toHEC(c, log))
	c.texts(t, 500, p)

	// The token is replaced while it runs.
	c.SetTokens(receiver.Token{Value: newToken, Ack: true})
	log.grow(500)
	p.AwaitLog("ERROR HEC refuses the token app=TA-ollama-hec realm=ollama_logs")
	store("main", newToken)
	c.texts(t, 1000, p)
	p.AwaitLog("INFO HEC token read again")
	endedWell(t, p)
	if n := len(p.Events()); n > 0 {
		t.Errorf("splunkd got %d events too", n)
	}

	// After a clean stop only what is new is sent.
	log.grow(500)
	p = splunk.Start(t, toHEC(c, log))
	texts := c.texts(t, 1500, p)
	endedWell(t, p)
	for i, text := range texts {
		if want := strings.Contains(text, `& `+line(i)[strings.Index(line(i), "& ")+2:len(line(i))-1]); !want {
			t.Fatalf("event %d is %s", i, text)
		}
	}
	if len(texts) != 1500 {
		t.Errorf("%d events", len(texts))
	}
	if ev := c.events[0]; ev.Host != "gpu-1" || ev.Index != "ollama" || ev.Source != log.path ||
		ev.Sourcetype != "ollama:server" {
		t.Errorf("metadata %+v", ev)
	}
	said := strings.Join(p.Log(), "\n")
	for _, secret := range []string{oldToken, newToken, "not-this-one", splunkdtest.AdminSession} {
		if strings.Contains(said, secret) {
			t.Errorf("the log shows a secret:\n%s", said)
		}
	}
}

// What happens to each of many events is told once, and once more with how often
// it happened, at the latest when the input ends.
func TestRepeatsInTheLogAreCounted(t *testing.T) {
	keeper, store := keeper(t)
	store("main", oldToken)
	c, log, splunk := collect(t, oldToken), newLog(t), splunk(t)
	splunk.ServerURI, splunk.SessionKey = keeper.URL, splunkdtest.AdminSession
	var refused atomic.Int32
	c.SetFault(receiver.Submissions(func(*receiver.Request) receiver.Fault {
		if refused.Add(1) > 50 {
			return receiver.Fault{}
		}
		return receiver.Fault{Code: 6, Invalid: new(int)}
	}))
	log.grow(51)
	p := splunk.Start(t, toHEC(c, log))
	c.texts(t, 1, p)
	endedWell(t, p)
	said := strings.Join(p.Log(), "\n")
	if strings.Count(said, "kept as a dead letter") != 2 || !strings.Contains(said, "repeated=49") {
		t.Errorf("log:\n%s", said)
	}
}

func TestATokenThatIsMissing(t *testing.T) {
	keeper, store := keeper(t)
	c, log, splunk := collect(t, oldToken), newLog(t), splunk(t)
	splunk.ServerURI, splunk.SessionKey = keeper.URL, splunkdtest.AdminSession
	tests := []struct {
		name, want string
		change     func()
	}{
		{
			"none",
			"ERROR no HEC token: store it in storage/passwords of the app TA-ollama-hec, realm ollama_logs, user main or default",
			func() {},
		},
		{
			"unusable",
			"ERROR read the HEC token of user default: the token holds a space",
			func() { store("default", "two words") },
		},
		{"wrong session", "401", func() { splunk.SessionKey = "expired" }},
		{"no session", "ERROR splunkd gave no session key", func() { splunk.SessionKey = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.change()
			p := splunk.Start(t, toHEC(c, log))
			p.AwaitLog(tt.want)
			if exit := p.Stop(); exit != modinput.ExitFailed || p.Torn() || p.Err() != nil {
				t.Errorf("exit %d, torn %v, %v", exit, p.Torn(), p.Err())
			}
		})
	}
}
