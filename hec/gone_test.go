package hec_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// soon is far less than the time that an acknowledgment may take.
const soon = 45 * time.Second

// deliverLate delivers two batches that are answered and not acknowledged yet, lets
// gone happen, and reports how long they took from then on.
func deliverLate(t *testing.T, c *hec.Client, gone func()) time.Duration {
	t.Helper()
	done := make(chan error, 2)
	for _, name := range []string{"a", "b"} {
		b := events(name, 3)
		go func() { done <- c.Deliver(t.Context(), b) }()
		<-b.Done()
	}
	<-time.After(2 * time.Second)
	gone()
	began := time.Now()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return time.Since(began)
}

// What a node has forgotten is sent again as soon as that is known.
func TestWhatIsForgottenIsSentAgainAtOnce(t *testing.T) {
	forget := func(s *splunk, how receiver.Fault) {
		s.SetFault(func(*receiver.Request) receiver.Fault { return how })
		<-time.After(20 * time.Second)
		s.Restart()
		s.SetFault(nil)
	}
	for name, gone := range map[string]func(t *testing.T, s *splunk, c *hec.Client){
		"ids begin again": func(t *testing.T, s *splunk, c *hec.Client) {
			s.Restart()
			if err := c.Deliver(t.Context(), events("c", 1)); err != nil {
				t.Error(err)
			}
		},
		"it says that it shuts down":    func(_ *testing.T, s *splunk, _ *hec.Client) { forget(s, receiver.Fault{Code: 23}) },
		"a gateway cannot reach it":     func(_ *testing.T, s *splunk, _ *hec.Client) { forget(s, receiver.Fault{Status: 502}) },
		"a balancer has no node to ask": func(_ *testing.T, s *splunk, _ *hec.Client) { forget(s, receiver.Fault{Status: 503}) },
		"nobody listens": func(_ *testing.T, s *splunk, _ *hec.Client) {
			_, address, _ := strings.Cut(s.URL(), "://")
			heal := memory.cut(address)
			<-time.After(20 * time.Second)
			s.Restart()
			heal()
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			// Each takes longer than the node lives.
			s := start(t, receiver.Options{Tokens: acking, AckDelay: 10 * time.Second})
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 5 * time.Second }, s.URL())
			took := deliverLate(t, c, func() { gone(t, s, c) })
			if took > soon {
				t.Errorf("delivered after %v\n%s", took, l)
			}
			for _, name := range []string{"a", "b"} {
				if n := strings.Count(s.taken(), numbered(name, 1, 3)); n != 2 {
					t.Errorf("batch %s was sent %d times: %s\n%s", name, n, s.taken(), l)
				}
			}
		})
	}
}

// What was out of reach and knows everything afterwards is not sent again.
func TestWhatIsRememberedIsNotSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: 10 * time.Second})
		c, l, _ := client(t, nil, s.URL())
		deliverLate(t, c, func() {
			s.SetFault(func(*receiver.Request) receiver.Fault { return receiver.Fault{Status: 502} })
			<-time.After(20 * time.Second)
			s.SetFault(nil)
		})
		if s.taken() != "a1 a2 a3 b1 b2 b3" {
			t.Errorf("taken %s\n%s", s.taken(), l)
		}
	})
}

// A balancer leads the cookie of a node that is gone to another one.
func TestACookieThatMoves(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cookie func(answer int, moved bool) string
		again  bool
	}{
		{"of a node", func(_ int, moved bool) string { return fmt.Sprint("node=", moved) }, true},
		{"new each time", func(answer int, _ bool) string { return fmt.Sprint("node=", answer) }, false},
		{"none", nil, false},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			n := &node{}
			posted, answers, moved := map[string]int{}, 0, false
			cookie := func(w http.ResponseWriter) {
				answers++
				if tt.cookie != nil {
					w.Header().Set("Set-Cookie", tt.cookie(answers, moved))
				}
			}
			n.submit = func(w http.ResponseWriter, _, text string) {
				cookie(w)
				posted[text]++
				success(w, len(posted))
			}
			n.acks = func(_ string, ids []int64) []int64 {
				if posted["a1"] > 1 || !tt.again && moved {
					return ids
				}
				return nil
			}
			front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/ack") {
					n.locked(func() { cookie(w) })
				}
				n.ServeHTTP(w, r)
			})
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 5 * time.Second }, serve(t, &http.Server{Handler: front}))
			if took := deliverLate(t, c, func() {
				<-time.After(30 * time.Second)
				n.locked(func() { moved = true })
			}); took > soon {
				t.Errorf("delivered after %v\n%s", took, l)
			}
			if again := posted["a1"] > 1; again != tt.again {
				t.Errorf("sent again: %v\n%s", again, l)
			}
		})
	}
}

// The node is gone for good, and another endpoint has its work.
func TestWhatWaitsForAnEndpointThatIsGone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		second := start(t, receiver.Options{Tokens: acking})
		c, l, _ := client(t, nil, first.URL(), second.URL())
		_, address, _ := strings.Cut(first.URL(), "://")
		took := deliverLate(t, c, func() {
			memory.cut(address)
			for range 30 { // what shows that the other is up
				if err := c.Deliver(t.Context(), events("c", 1)); err != nil {
					t.Error(err)
				}
				<-time.After(time.Second)
			}
		})
		if took > soon || !strings.Contains(second.taken(), "a1 a2 a3") {
			t.Errorf("delivered after %v, the second has %s\n%s", took, second.taken(), l)
		}
	})
}

// A front end that bounds bodies bounds polls, too.
func TestPollsAreSplit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const most = 200 // bytes: some forty ids
		ready := false
		n := &node{acks: func(_ string, ids []int64) []int64 {
			if !ready {
				return nil
			}
			return ids
		}}
		posted, refused, asked := 0, 0, map[int]bool{}
		n.submit = func(w http.ResponseWriter, _, _ string) { posted++; success(w, 1000+posted) }
		front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/ack") {
				n.locked(func() { asked[int(r.ContentLength)] = true })
				if r.ContentLength > most {
					n.locked(func() { refused++ })
					w.WriteHeader(http.StatusRequestEntityTooLarge)
					return
				}
			}
			n.ServeHTTP(w, r)
		})
		c, l, _ := client(t, nil, serve(t, &http.Server{Handler: front}))
		const batches = 500
		done := make(chan error, batches)
		for range batches {
			b := events("a", 1)
			go func() { done <- c.Deliver(t.Context(), b) }()
			<-b.Done()
		}
		n.locked(func() { ready = true })
		began := time.Now()
		for range batches {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 30*time.Second || posted != batches || refused == 0 || refused > 10 {
			sizes := make([]int, 0, len(asked))
			for n := range asked {
				sizes = append(sizes, n)
			}
			slices.Sort(sizes)
			t.Errorf("%d posts, %d polls refused, acknowledged after %v; sizes %v\n%s", posted, refused, took, sizes, l)
		}
	})
}

// A front end lets events through, and not the polls for their acknowledgments.
func TestPollsThatAreRefusedAreSaid(t *testing.T) {
	for _, f := range []receiver.Fault{
		{Status: 404}, {Status: 200, Blank: true}, {Status: 403}, {Status: 200, Body: `{"status":"up"}`}, {Code: 4},
	} {
		inBubble(t, fmt.Sprint(f.Status, f.Body, f.Code), func(t *testing.T) {
			s := start(t, receiver.Options{Tokens: acking, Fault: onPolls(true, f)})
			c, l, _ := client(t, nil, s.URL())
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
			defer cancel()
			c.Deliver(ctx, events("e", 1))
			if said := l.String(); strings.Count(said, "level=WARN") != 1 ||
				!strings.Contains(said, "let POST /services/collector/ack through") {
				t.Errorf("the log says\n%s", said)
			}
		})
	}
}

// A stop in between leaves receipts that the next start asks every node for.
func TestReceiptsWithoutStickySessions(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nodes := indexers(3, 20*time.Second)
		url := balancers[0].front(t, nodes)
		c, _, _ := client(t, nil, url)
		for i := range 10 { // until it is noticed
			if err := c.Deliver(t.Context(), events(fmt.Sprint(i), 1)); err != nil {
				t.Fatal(err)
			}
			b := events("x", 1)
			go c.Deliver(t.Context(), b)
			<-b.Done()
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 5)
		for range 5 {
			b := events("last", 1)
			go func() { ended <- c.Deliver(ctx, b) }()
			<-b.Done()
		}
		cancel()
		var receipts []hec.Receipt
		for range 5 {
			var pending *hec.PendingError
			if err := <-ended; errors.As(err, &pending) {
				receipts = append(receipts, pending.Receipts...)
			}
		}
		c.Close()
		next, _, _ := client(t, nil, url)
		if came := next.Recall(t.Context(), receipts); len(receipts) != 5 || slices.Contains(came, false) {
			t.Errorf("came %v of %d", came, len(receipts))
		}
	})
}
