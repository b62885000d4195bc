package receiver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const two = `{"event":"a"}{"event":"b"}`

func TestFaultsThatAnswer(t *testing.T) {
	tests := []struct {
		name   string
		fault  Fault
		status int
		want   string // "*": whatever, but no JSON
		taken  string
	}{
		{"busy", Fault{Code: 9}, 503, `{"text":"Server is busy","code":9}`, ""},
		{"busy unread", Fault{At: Unread, Code: 9}, 503, `{"text":"Server is busy","code":9}`, ""},
		{"internal error after taking", Fault{At: Taken, Code: 8}, 500, `{"text":"Internal server error","code":8}`, "ab"},
		{"shutting down", Fault{Code: 23}, 503, `{"text":"Server is shutting down","code":23}`, ""},
		{
			"queue nearly full takes",
			Fault{Code: 24},
			200,
			`{"text":"HEC queue is approaching its capacity limit","code":24,"ackId":0}`,
			"ab",
		},
		{
			"acks nearly full takes",
			Fault{Code: 25},
			200,
			`{"text":"HEC ACK is approaching its capacity limit","code":25,"ackId":0}`,
			"ab",
		},
		{
			"queue full",
			Fault{Code: 26},
			429,
			`{"text":"HEC queue is at capacity and cannot process any more requests","code":26}`,
			"",
		},
		{
			"refused at the second",
			Fault{Code: 6, Invalid: new(1)},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":1,"ackId":0}`,
			"a",
		},
		{
			"refused at the first",
			Fault{Code: 6, Invalid: new(0)},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
			"",
		},
		{
			"number out of range",
			Fault{Code: 6, Invalid: new(9)},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":9,"ackId":0}`,
			"ab",
		},
		{"code under another status", Fault{Code: 9, Status: 500}, 500, `{"text":"Server is busy","code":9}`, ""},
		{"proxy", Fault{Status: 502}, 502, "*", ""},
		{"proxy, too large", Fault{At: Unread, Status: 413}, 413, "*", ""},
		{"proxy with its own words", Fault{Status: 429, Body: "slow down"}, 429, "slow down", ""},
		{"proxy, after taking", Fault{At: Taken, Status: 504}, 504, "*", "ab"},
		{"lost", Fault{Lose: true}, 200, `{"text":"Success","code":0,"ackId":0}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := ackOptions()
			var taken strings.Builder
			options.Event = func(e Event) { taken.WriteString(strings.Trim(string(e.Event), `"`)) }
			options.Fault = Plan(tt.fault)
			r := start(t, options)
			event := call{channel: chanA, body: two}
			status, body := event.do(t, r)
			if status != tt.status || tt.want != "*" && body != tt.want {
				t.Errorf("got  %d %s\nwant %d %s", status, body, tt.status, tt.want)
			}
			if tt.want == "*" && !strings.HasPrefix(body, "<!doctype html>") {
				t.Errorf("not a page: %s", body)
			}
			if taken.String() != tt.taken {
				t.Errorf("took %q, want %q", taken.String(), tt.taken)
			}
			if got := r.Stats().Faults; got != 1 {
				t.Errorf("Stats counts %d faults, want 1", got)
			}
			if status, _ := event.do(t, r); status != 200 {
				t.Errorf("after the plan: %d", status)
			}
		})
	}
}

func TestLostEventsAreNeverAcknowledged(t *testing.T) {
	options := ackOptions()
	options.Fault = Plan(Fault{Lose: true})
	r := start(t, options)
	call{channel: chanA, body: two}.do(t, r)
	call{channel: chanA, body: two}.do(t, r)
	ask(chanA, "0,1").expect(t, r, 200, `{"acks":{"0":false,"1":true}}`)
}

func TestFaultsAddHeaders(t *testing.T) {
	r := start(
		t,
		Options{Fault: Always(Fault{Status: 503, Header: http.Header{"retry-after": {"7"}, "Location": {"/x"}}})},
	)
	req := call{body: two}.request(t, r)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if after, to := resp.Header.Get("Retry-After"), resp.Header.Get("Location"); after != "7" || to != "/x" {
		t.Errorf("Retry-After %q, Location %q", after, to)
	}
}

// attempt is one request on a connection of its own: its error, and what was taken.
func attempt(t *testing.T, f Fault) (body string, s Stats, err error) {
	t.Helper()
	r := start(t, Options{Fault: Plan(f)})
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(call{body: two}.request(t, r))
	if err == nil {
		var b []byte
		b, err = io.ReadAll(resp.Body)
		resp.Body.Close()
		body = string(b)
	}
	return body, r.Stats(), err
}

func TestFaultsThatBreakTheConnection(t *testing.T) {
	reset := func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }
	half := func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
	tests := []struct {
		name  string
		fault Fault
		is    func(error) bool
		taken uint64
	}{
		{"reset with the body unread", Fault{At: Unread, Reset: true}, reset, 0},
		{"reset before taking", Fault{Reset: true}, reset, 0},
		{"reset after taking", Fault{At: Taken, Reset: true}, reset, 2},
		{"half a reply after taking", Fault{Cut: true}, half, 2},
		{"half a refusal", Fault{Code: 9, Cut: true}, half, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, s, err := attempt(t, tt.fault)
			if !tt.is(err) {
				t.Errorf("the client saw %v", err)
			}
			if s.Taken() != tt.taken {
				t.Errorf("took %d, want %d", s.Taken(), tt.taken)
			}
		})
	}
}

func TestSlowReadingEndsWell(t *testing.T) {
	body, s, err := attempt(t, Fault{Pause: time.Millisecond})
	if err != nil || body != `{"text":"Success","code":0}` || s.Taken() != 2 {
		t.Errorf("got %s, %v, took %d", body, err, s.Taken())
	}
}

func TestCloseEndsTheConnectionAfterTheReply(t *testing.T) {
	for end, want := range map[bool]uint64{false: 1, true: 2} {
		r := start(t, Options{Fault: Always(Fault{Close: end})})
		client := &http.Client{Transport: &http.Transport{}}
		for range 2 {
			resp, err := client.Do(call{body: two}.request(t, r))
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		client.CloseIdleConnections()
		if got := r.Stats().Connections; got != want {
			t.Errorf("close %t: %d connections, want %d", end, got, want)
		}
	}
}

// until waits for a condition.
func until(t *testing.T, met func() bool) {
	t.Helper()
	bound := time.After(10 * time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-bound:
			t.Fatal("waited in vain")
		}
	}
}

func TestHangsEndWithClose(t *testing.T) {
	for name, at := range map[string]Point{"unread": Unread, "read": Read, "taken": Taken} {
		t.Run(name, func(t *testing.T) {
			met := make(chan struct{}, 1)
			r := start(t, Options{Fault: func(*Request) Fault {
				met <- struct{}{}
				return Fault{At: at, Hang: true}
			}})
			done := make(chan error, 1)
			req := call{body: two}.request(t, r)
			go func() {
				_, err := (&http.Transport{}).RoundTrip(req)
				done <- err
			}()
			<-met
			until(t, func() bool { return at == Unread || r.Stats().BodyBytes > 0 })
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if err := <-done; err == nil {
				t.Error("answered")
			}
			if got, want := r.Stats().Taken() == 2, at == Taken; got != want {
				t.Errorf("taken %t, want %t", got, want)
			}
		})
	}
}

func TestAnAckQueryMayFail(t *testing.T) {
	r := start(t, ackOptions())
	event := call{channel: chanA, body: two}
	event.do(t, r)
	r.SetFault(On(EndpointAck, func(*Request) Fault { return Fault{Code: 8} }))
	ask(chanA, "0").expect(t, r, 500, `{"text":"Internal server error","code":8}`)
	r.SetFault(On(EndpointAck, func(*Request) Fault { return Fault{At: Taken, Status: 502, Body: "gone"} }))
	ask(chanA, "0").expect(t, r, 502, "gone")
	r.SetFault(nil)
	ask(chanA, "0").expect(t, r, 200, `{"acks":{"0":false}}`) // the true was in the answer lost
}

func TestHealthMayFail(t *testing.T) {
	r := start(t, Options{Fault: On(EndpointHealth, func(*Request) Fault { return Fault{Code: 18} })})
	call{
		method: "GET",
		path:   "/services/collector/health",
	}.expect(
		t,
		r,
		503,
		`{"text":"HEC is unhealthy, queues are full","code":18}`,
	)
	call{body: two}.expect(t, r, 200, `{"text":"Success","code":0}`)
}

func TestEveryCodeCanBeInjected(t *testing.T) {
	for code, known := range codes {
		if code == codeSuccess {
			continue
		}
		r := start(t, Options{Fault: Always(Fault{Code: code})})
		call{body: two}.expect(t, r, known.status, fmt.Sprintf(`{"text":"%s","code":%d}`, known.text, code))
	}
}

func TestChanceIsTheSameInEveryRun(t *testing.T) {
	draw := func(seed uint64) (codes []int) {
		choose := Chance(seed, 0.5, Fault{Code: 8}, Fault{Code: 9})
		for range 100 {
			codes = append(codes, choose(&Request{Endpoint: EndpointEvent}).Code)
		}
		return codes
	}
	first := draw(1)
	if !slices.Equal(first, draw(1)) {
		t.Error("the same seed draws otherwise")
	}
	if slices.Equal(first, draw(2)) {
		t.Error("another seed draws the same")
	}
	for _, code := range []int{0, 8, 9} {
		if !slices.Contains(first, code) {
			t.Errorf("%d never drawn", code)
		}
	}
	if f := Chance(1, 1, Fault{Code: 8})(&Request{Endpoint: EndpointAck}); f.Code != 0 {
		t.Error("an ack query met a fault meant for submissions")
	}
}

func TestFaultsKnowTheRequest(t *testing.T) {
	var seen []string
	r := start(t, Options{Fault: func(req *Request) Fault {
		seen = append(seen, fmt.Sprint(req.Endpoint, " ", req.N, " ", req.HTTP.Header.Get("X-Splunk-Request-Channel")))
		return Fault{}
	}})
	call{body: two, channel: chanA}.do(t, r)
	call{body: two, channel: chanB}.do(t, r)
	call{method: "GET", path: "/services/collector/health"}.do(t, r)
	if want := []string{"0 0 " + chanA, "0 1 " + chanB, "3 0 "}; !slices.Equal(seen, want) {
		t.Errorf("got %q, want %q", seen, want)
	}
}

func TestEventsSayWhichRequestTheyCameIn(t *testing.T) {
	var mu sync.Mutex
	got := map[uint64][]string{}
	chosen := map[uint64]string{}
	r := start(t, Options{
		Event: func(e Event) { got[e.Request] = append(got[e.Request], string(e.Event)) },
		Fault: func(req *Request) Fault {
			mu.Lock()
			defer mu.Unlock()
			chosen[req.N] = req.HTTP.Header.Get("X-Splunk-Request-Channel")
			return Fault{}
		},
	})
	call{body: `{"event":"a"}{"event":"b"}`, channel: chanA}.do(t, r)
	call{body: `{"event":"c"}`, channel: chanB}.do(t, r)
	if want := (map[uint64][]string{0: {`"a"`, `"b"`}, 1: {`"c"`}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if chosen[0] != chanA || chosen[1] != chanB {
		t.Errorf("got %v", chosen)
	}
}
