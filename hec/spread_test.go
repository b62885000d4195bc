package hec_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// indexers are n nodes that acknowledge after delay.
func indexers(n int, delay time.Duration) (nodes []*receiver.Receiver) {
	for range n {
		nodes = append(nodes, receiver.New(receiver.Options{Tokens: acking, AckDelay: delay}))
	}
	return nodes
}

func takenBy(nodes []*receiver.Receiver) (n uint64) {
	for _, r := range nodes {
		n += r.Stats().Taken()
	}
	return n
}

// balancer is how a load balancer without sticky sessions spreads requests.
type balancer struct {
	name  string
	front func(t *testing.T, nodes []*receiver.Receiver) string
}

var balancers = []balancer{
	{"each request", func(t *testing.T, nodes []*receiver.Receiver) string {
		return serve(t, &http.Server{Handler: receiver.Balance(nodes...)})
	}},
	{"each connection", func(t *testing.T, nodes []*receiver.Receiver) string {
		var turn atomic.Uint64
		type node struct{}
		return serve(t, &http.Server{
			ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
				return context.WithValue(ctx, node{}, nodes[turn.Add(1)%uint64(len(nodes))])
			},
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Context().Value(node{}).(*receiver.Receiver).ServeHTTP(w, r)
			}),
		})
	}},
}

// Without sticky sessions all is acknowledged in the end, and little is sent twice.
func TestAcknowledgmentsWithoutStickySessions(t *testing.T) {
	const lanes, batches, each = 4, 15, 10
	for _, b := range balancers {
		for _, n := range []int{1, 2, 5} {
			for _, delay := range []time.Duration{0, 15 * time.Second} {
				inBubble(t, fmt.Sprintf("%s, %d nodes, %v", b.name, n, delay), func(t *testing.T) {
					nodes := indexers(n, delay)
					c, l, _ := client(t, func(cfg *hec.Config) { cfg.Lanes = lanes }, b.front(t, nodes))
					began := time.Now()
					var sending sync.WaitGroup
					for lane := range lanes {
						sending.Go(func() {
							for i := range batches {
								b := events(fmt.Sprint(lane, "-", i, "-"), each)
								sending.Go(func() {
									if err := c.Deliver(t.Context(), b); err != nil {
										t.Error(err)
									}
								})
								<-b.Done()
								<-time.After(200 * time.Millisecond)
							}
						})
					}
					sending.Wait()
					// What was sent twice are batches of the time before it was noticed.
					if sent, most := takenBy(nodes), uint64(each*(lanes*batches+24)); sent > most {
						t.Errorf("%d events sent for %d\n%s", sent, each*lanes*batches, l)
					}
					if took := time.Since(began); took > 4*time.Minute {
						t.Errorf("it took %v\n%s", took, l)
					}
					if noticed := strings.Contains(l.String(), "sticky sessions"); noticed != (n > 1 && c.Stats().AckTimeouts > 0) {
						t.Errorf("said %v, %d sent again:\n%s", noticed, c.Stats().AckTimeouts, l)
					}
				})
			}
		}
	}
}

// One batch now and then, each to another node.
func TestRareBatchesWithoutStickySessions(t *testing.T) {
	for _, b := range balancers {
		inBubble(t, b.name, func(t *testing.T) {
			nodes := indexers(3, 10*time.Second)
			c, l, _ := client(t, nil, b.front(t, nodes))
			for i := range 40 {
				if err := c.Deliver(t.Context(), events(fmt.Sprint(i, "-"), 1)); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Minute)
			}
			if n := takenBy(nodes); n > 40+6 {
				t.Errorf("%d events sent for 40\n%s", n, l)
			}
		})
	}
}

// A balancer with sticky sessions needs none of this.
func TestStickySessionsAreLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var nodes []*receiver.Receiver
		for _, name := range []string{"one", "two", "three"} {
			nodes = append(
				nodes,
				receiver.New(receiver.Options{Tokens: acking, AckDelay: 10 * time.Second, Cookie: "node=" + name}),
			)
		}
		c, l, _ := client(t, nil, serve(t, &http.Server{Handler: receiver.Balance(nodes...)}))
		for i := range 30 {
			if err := c.Deliver(t.Context(), events(fmt.Sprint(i, "-"), 2)); err != nil {
				t.Fatal(err)
			}
		}
		if n := takenBy(nodes); n != 60 || strings.Contains(l.String(), "level=WARN") {
			t.Errorf("%d events sent for 60\n%s", n, l)
		}
	})
}

// Acknowledgments never come at all: each batch is sent twice, and from then on
// one event is tried at a time, however long it goes on.
func TestAcknowledgmentsThatNeverCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const batches, each = 10, 100
		s := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		c, l, _ := client(t, nil, s.URL())
		done := make(chan error, batches)
		for i := range batches {
			b := events(fmt.Sprint(i, "-"), each)
			go func() { done <- c.Deliver(t.Context(), b) }()
			<-b.Done()
		}
		const hours = 2
		<-time.After(hours * time.Hour)
		if n := s.Stats().Taken(); n > 2*batches*each+hours*60/5+10 {
			t.Errorf("%d events sent for %d", n, batches*each)
		}
		if ok, why := c.Ready(); ok || !strings.Contains(why, "acknowledgments do not come") {
			t.Errorf("ready: %v, %s", ok, why)
		}
		if n := strings.Count(l.String(), "delivery is paused"); n != 1 {
			t.Errorf("said %d times:\n%s", n, l)
		}
	})
}

// Once an acknowledgment comes all of it flows again.
func TestOneAcknowledgmentEndsTheDoubt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{acks: none}
		posted, taken := 0, map[string]bool{}
		n.submit = func(w http.ResponseWriter, _, text string) { posted++; taken[text] = true; success(w, posted) }
		c, l, _ := client(t, nil, n.start(t))
		done := make(chan error, 2)
		for _, name := range []string{"a", "b"} {
			b := events(name, 50)
			go func() { done <- c.Deliver(t.Context(), b) }()
			<-b.Done()
		}
		<-time.After(time.Hour)
		healed := time.Now()
		n.locked(func() { n.acks = all })
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(healed); took > 6*time.Minute || posted > 4+2*60/5+10 {
			t.Errorf("delivered %v after it was healed, by %d posts\n%s", took, posted, l)
		}
	})
}

// An endpoint whose acknowledgments do not come is tried again while another one works, an
// event at a time and without holding anything up, and takes over once they come.
func TestAcknowledgmentsComeAgainBesideAnotherEndpoint(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := start(t, receiver.Options{Tokens: acking, Fault: receiver.Always(receiver.Fault{AckDelay: -1})})
		other := start(t, receiver.Options{Tokens: acking})
		c, l, _ := client(t, nil, first.URL(), other.URL())
		const each = 50
		if err := c.Deliver(t.Context(), events("a", each)); err != nil { // to the one in vain, then to the other
			t.Fatal(err)
		}
		before := first.Stats().Taken()
		deliver := func(name string) {
			b := events(name, each)
			began, done := time.Now(), make(chan error, 1)
			go func() { done <- c.Deliver(t.Context(), b) }()
			if <-b.Done(); time.Since(began) > 5*time.Second { // answered: its lane goes on
				t.Errorf("%s waited %v for an endpoint that does not acknowledge", name, time.Since(began))
			}
			<-time.After(time.Minute)
		}
		const minutes = 120
		for i := range minutes {
			deliver(fmt.Sprint("b", i, "-"))
		}
		if n := first.Stats().Taken() - before; n < minutes/6-5 || n > minutes/5+10 {
			t.Errorf("%d events sent to it in %d minutes\n%s", n, minutes, l)
		}
		first.SetFault(nil)
		before = first.Stats().Taken()
		for i := range 12 {
			deliver(fmt.Sprint("c", i, "-"))
		}
		if n := first.Stats().Taken() - before; n < 5*each {
			t.Errorf("%d events sent to it in the 12 minutes since it acknowledges\n%s", n, l)
		}
	})
}

func TestFailFastEndsWhereAcknowledgmentsNeverCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, s.URL())
		err := c.Deliver(t.Context(), events("a", 3))
		var config *hec.ConfigError
		if !errors.As(err, &config) || !strings.Contains(config.Hint, "sticky sessions") || s.taken() != "a1 a2 a3 a1 a2 a3" {
			t.Errorf("got %v, taken %s", err, s.taken())
		}
	})
}
