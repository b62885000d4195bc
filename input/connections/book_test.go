package connections

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestBook: a script of what is seen, and the events that come of it.
func TestBook(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events Events
		script string // seconds, what, client, cookie
		want   string
	}{
		{
			"all: short ones are told of once, one that lasts twice", All,
			"0 ended a 1 | 1 open b 2 | 6 open b 2 | 7 ended b 2",
			"0 a closed id=1 | 1 b open id=2 | 7 b closed id=2 count=0",
		},
		{
			"first: the first of a client at once, the others after a minute", First,
			"0 ended a 1 | 1 ended a 2 | 2 ended a 3 | 3 ended b 4 | 61 flush",
			"0 a closed id=1 | 3 b closed id=4 | 1 a closed count=2",
		},
		{
			"first: one that was held back alone keeps what it is", First,
			"0 ended a 1 | 1 ended a 2 | 61 flush",
			"0 a closed id=1 | 1 a closed id=2",
		},
		{
			"first: a client that was silent for a minute is new", First,
			"0 ended a 1 | 60 flush | 61 ended a 2 | 62 ended a 3 | 200 flush",
			"0 a closed id=1 | 61 a closed id=2 | 62 a closed id=3",
		},
		{
			"first: one that goes on has an event a minute", First,
			"0 ended a 1 | 30 ended a 2 | 60 flush | 70 ended a 3 | 80 ended a 4 | 119 flush | 120 flush | 180 flush | 181 ended a 5",
			"0 a closed id=1 | 30 a closed id=2 | 70 a closed count=2 | 181 a closed id=5",
		},
		{
			"first: a long one is counted where it began and its end is told of", First,
			"0 open a 1 | 5 open a 1 | 60 flush | 3600 open a 1 | 3601 ended a 1",
			"0 a open id=1 | 3601 a closed id=1 count=0",
		},
		{
			"first: opened and closed within a minute", First,
			"0 ended a 1 | 5 open a 2 | 9 ended a 2 | 61 flush",
			"0 a closed id=1 | 5 a closed id=2",
		},
		{
			"first: another server port is told of for itself", First,
			"0 ended a 1 | 1 ended a:1 2 | 2 ended a:1 3 | 61 flush",
			"0 a closed id=1 | 1 a:1 closed id=2 | 2 a:1 closed id=3",
		},
		{
			"all: one whose end was lost is forgotten, and its cookie is not taken for it", All,
			"0 open a 1 | 3600 forget | 3601 ended a 1",
			"0 a open id=1 | 3601 a closed id=1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			b := newBook("x", tt.events, func(e *event) { got = append(got, told(t, e)) })
			play(t, b, tt.script)
			if s := strings.Join(got, " | "); s != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.script, s, tt.want)
			}
		})
	}
}

func play(t *testing.T, b *book, script string) {
	t.Helper()
	for step := range strings.SplitSeq(script, " | ") {
		var second int
		var what, who string
		var cookie uint64
		if _, err := fmt.Sscan(step, &second, &what); err != nil {
			t.Fatal(step, err)
		}
		at := noon.Add(time.Duration(second) * time.Second)
		if what == "flush" || what == "forget" {
			b.first.flush(at)
			b.forget(at)
			continue
		}
		if _, err := fmt.Sscan(step, &second, &what, &who, &cookie); err != nil {
			t.Fatal(step, err)
		}
		c := connection(who, cookie)
		c.At = at
		if what == "open" {
			b.sighted(c)
			continue
		}
		c.Ended, c.Counted, c.In = true, true, 10
		b.ended(c)
	}
}

// connection is one of client a, b, …; a:1 is one of a to another server port.
func connection(who string, cookie uint64) *Connection {
	name, port, _ := strings.Cut(who, ":")
	server := netip.MustParseAddrPort("192.0.2.1:11434")
	if port != "" {
		server = netip.AddrPortFrom(server.Addr(), 11435)
	}
	client := netip.AddrFrom4([4]byte{203, 0, 113, name[0]})
	return &Connection{
		Client: netip.AddrPortFrom(client, uint16(5000+cookie)), Server: server, Cookie: cookie, Namespace: here,
	}
}

func told(t *testing.T, e *event) string {
	t.Helper()
	r := e.record(nil)
	var s shown
	if err := json.Unmarshal(r.Event, &s); err != nil {
		t.Fatal(err)
	}
	who := string(rune(netip.MustParseAddr(s.Src).As4()[3]))
	if s.DestPort == 11435 {
		who += ":1"
	}
	text := fmt.Sprintf("%d %s %s", r.Time.Sub(noon)/time.Second, who, s.State)
	if s.ID != "" {
		text += " id=" + s.ID
	}
	if s.Count != nil {
		text += fmt.Sprintf(" count=%d", *s.Count)
	}
	return text
}

// TestNothingIsLeftOut: however connections come, the counts of the events add up to them and so do their bytes, and
// there are at most two events a client in its first minute and one in each other.
func TestNothingIsLeftOut(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		for _, events := range []Events{First, All} {
			count, in, most := 0, uint64(0), 0
			b := newBook("x", events, func(e *event) {
				count += e.count
				in += e.In
				most++
			})
			ended, seconds, open := 0, 0, []uint64{}
			for cookie := range uint64(500) {
				seconds += random.IntN(4)
				at := noon.Add(time.Duration(seconds) * time.Second)
				b.first.flush(at)
				c := connection(string(rune('a'+random.IntN(3))), cookie+1)
				c.At = at
				if random.IntN(4) == 0 {
					b.sighted(c)
					open = append(open, cookie+1)
					continue
				}
				c.Ended, c.Counted, c.In = true, true, 10
				b.ended(c)
				ended++
				if len(open) > 0 && random.IntN(3) == 0 {
					c.Cookie, open = open[0], open[1:]
					b.ended(c)
					ended++
				}
			}
			b.first.close()
			if count != 500 || b.seen != 500 || in != uint64(10*ended) {
				t.Errorf("seed %d: %d counted, %d seen, %d bytes of %d", seed, count, b.seen, in, 10*ended)
			}
			if limit := 3 * (2 + seconds/60); events == First && most > limit {
				t.Errorf("seed %d: %d events of 3 clients in %d s", seed, most, seconds)
			}
		}
	}
}

// TestWindowsAreBounded: more clients than there is room for make more events, not fewer counts.
func TestWindowsAreBounded(t *testing.T) {
	count := 0
	b := newBook("x", First, func(e *event) { count += e.count })
	const clients = maxWindows + 1000
	for round := range 2 {
		for n := range clients {
			addr := netip.AddrFrom4([4]byte{203, byte(n >> 16), byte(n >> 8), byte(n)})
			b.ended(&Connection{
				At: noon, Client: netip.AddrPortFrom(addr, 1), Server: netip.MustParseAddrPort("192.0.2.1:11434"),
				Cookie: uint64(1 + n + round*clients), Namespace: here, Ended: true,
			})
		}
	}
	if len(b.first.known) > maxWindows || len(b.first.queue) > maxWindows {
		t.Errorf("%d clients are known", len(b.first.known))
	}
	b.first.close()
	if count != 2*clients {
		t.Errorf("%d of %d connections", count, 2*clients)
	}
}

// TestOpenIsBounded: what there is no room for is told of when it ends.
func TestOpenIsBounded(t *testing.T) {
	count := 0
	b := newBook("x", All, func(e *event) { count += e.count })
	for _, f := range []func(*Connection){b.sighted, b.sighted, b.ended} {
		for n := range uint64(maxOpen + 10) {
			f(connection("a", n+1))
		}
	}
	if count != maxOpen+10 || len(b.open) != 0 {
		t.Errorf("%d counted, %d open", count, len(b.open))
	}
}

func TestLossIsToldAtOnceAndThenEachMinute(t *testing.T) {
	var got []string
	l := loss{emit: func(at time.Time, n uint64) { got = append(got, fmt.Sprintf("%d:%d", at.Sub(noon)/time.Second, n)) }}
	for _, second := range []int{0, 1, 59, 60, 61, 120, 300} {
		l.add(noon.Add(time.Duration(second)*time.Second), uint64(second%100))
	}
	l.add(noon.Add(301*time.Second), 5)
	if at, ok := l.next(); !ok || at != noon.Add(360*time.Second) {
		t.Error(at, ok)
	}
	l.close(noon.Add(302 * time.Second))
	if want := []string{"1:1", "61:180", "300:20", "302:5"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r := lossRecord("sock_diag", noon, 94); string(r.Event) != `{"origin":"sock_diag","lost":94}` {
		t.Errorf("%s", r.Event)
	}
}

// TestEvent: the keys in their order, and what is absent where it is not known.
func TestEvent(t *testing.T) {
	c := Connection{
		At: noon, Client: netip.MustParseAddrPort("203.0.113.7:5000"), Server: netip.MustParseAddrPort("192.0.2.1:11434"),
		Cookie: 0xbeef, Ended: true, Counted: true, In: 46, Out: 75,
		Process: Process{Name: `o"llama`, ID: 42, HasUser: true}, MPTCP: true, Fields: map[string]string{"pod": "x"},
	}
	zone := c
	zone.Client = netip.MustParseAddrPort("[fe80::2%eth0]:5000")
	bare := Connection{
		Client: netip.MustParseAddrPort("203.0.113.7:0"),
		Server: netip.MustParseAddrPort("[::]:11434"),
		Ended:  true,
	}
	for _, tt := range []struct {
		e      event
		redact func(string) string
		want   string
	}{
		{event{origin: "sock_diag", Connection: c, count: 1}, nil, `{"origin":"sock_diag","src":"203.0.113.7","src_port":5000,"src_scope":"external","dest":"192.0.2.1","dest_port":11434,"bytes_in":46,"bytes_out":75,"state":"closed","connection_id":"beef","process_name":"o\"llama","process_id":42,"user_id":0,"mptcp":true}`},
		{event{origin: "sock_diag", Connection: c, count: 7, several: true}, func(string) string { return "[REDACTED]" }, `{"origin":"sock_diag","src":"[REDACTED]","src_scope":"external","dest":"192.0.2.1","dest_port":11434,"bytes_in":46,"bytes_out":75,"state":"closed","count":7,"process_name":"o\"llama","process_id":42,"user_id":0,"mptcp":true}`},
		{event{origin: "poll", Connection: bare, count: 0}, nil, `{"origin":"poll","src":"203.0.113.7","src_scope":"external","dest_port":11434,"state":"closed","count":0}`},
		{event{origin: "sock_diag", Connection: zone, count: 1}, nil, `{"origin":"sock_diag","src":"fe80::2%eth0","src_port":5000,"src_scope":"private","dest":"192.0.2.1","dest_port":11434,"bytes_in":46,"bytes_out":75,"state":"closed","connection_id":"beef","process_name":"o\"llama","process_id":42,"user_id":0,"mptcp":true}`},
	} {
		r := tt.e.record(tt.redact)
		if string(r.Event) != tt.want || !json.Valid(r.Event) || r.Sourcetype != Sourcetype || r.Time != tt.e.At {
			t.Errorf("\n got %s\nwant %s", r.Event, tt.want)
		}
	}
}
