package capture

import (
	"encoding/json"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

var (
	lateClient = netip.MustParseAddrPort("203.0.113.77:40000")
	lateServer = netip.MustParseAddrPort("203.0.113.1:11434")
)

func request(event string) spool.Record {
	return spool.Record{Sourcetype: "ollama:api", Event: []byte(event)}
}

// ids are the connection_ids of records, in their order; each is still an object.
func ids(t *testing.T, records []spool.Record) (all []string) {
	t.Helper()
	for _, r := range records {
		var event struct {
			Origin string
			ID     string `json:"connection_id"`
			Rest   int
		}
		if err := json.Unmarshal(r.Event, &event); err != nil || event.Origin != "capture" || event.Rest != 7 {
			t.Fatalf("%s: %v", r.Event, err)
		}
		all = append(all, event.ID)
	}
	return all
}

const lateEvent = `{"origin":"capture","rest":7}`

func TestARecordGetsTheIDOfAConnectionThatEnded(t *testing.T) {
	another := netip.AddrPortFrom(lateClient.Addr(), 40001)
	for _, tt := range []struct {
		name string
		do   func(*late)
		want []string
	}{
		{"the end first", func(l *late) { l.end(lateClient, lateServer, "1f"); l.add(request(lateEvent), lateClient, lateServer) }, []string{"1f"}},
		{"the record first", func(l *late) { l.add(request(lateEvent), lateClient, lateServer); l.end(lateClient, lateServer, "1f") }, []string{"1f"}},
		{"several of one", func(l *late) {
			l.add(request(lateEvent), lateClient, lateServer)
			l.add(request(lateEvent), another, lateServer)
			l.end(lateClient, lateServer, "1f")
			l.add(request(lateEvent), lateClient, lateServer)
			l.end(another, lateServer, "20")
		}, []string{"1f", "1f", "20"}},
		{"another's end", func(l *late) { l.add(request(lateEvent), lateClient, lateServer); l.end(another, lateServer, "1f") }, nil},
		{"it has waited long enough", func(l *late) {
			l.add(request(lateEvent), lateClient, lateServer)
			l.release(time.Now().Add(-time.Hour))
			l.add(request(lateEvent), another, lateServer)
			l.release(time.Now().Add(time.Hour))
		}, []string{"", ""}},
		{"the stop", func(l *late) {
			l.add(request(lateEvent), lateClient, lateServer)
			l.close()
			l.add(request(lateEvent), another, lateServer)
		}, []string{"", ""}},
	} {
		var got []spool.Record
		l := newLate(func(r spool.Record) { got = append(got, r) })
		tt.do(l)
		if have := ids(t, got); !slices.Equal(have, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, have, tt.want)
		}
	}
}

func TestWhatIsLateIsBounded(t *testing.T) {
	emitted := 0
	l := newLate(func(spool.Record) { emitted++ })
	for n := range 2 * maxWaiting {
		l.add(request(lateEvent), netip.AddrPortFrom(lateClient.Addr(), uint16(n)), lateServer)
	}
	if len(l.waiting) != maxWaiting || emitted != maxWaiting {
		t.Errorf("%d wait, %d were emitted", len(l.waiting), emitted)
	}
	for n := range 2 * maxEnded {
		l.end(netip.AddrPortFrom(lateClient.Addr(), uint16(n)), lateServer, "1f")
	}
	if len(l.ended) != maxEnded || len(l.oldest) != maxEnded || emitted != 2*maxWaiting {
		t.Errorf("%d ends are known, %d records were emitted", len(l.ended), emitted)
	}
}

// What waits takes no more memory than it may, however long the records are, and what is
// released makes room.
func TestBytesThatWaitAreBounded(t *testing.T) {
	emitted := 0
	l := newLate(func(spool.Record) { emitted++ })
	long := request(string(make([]byte, maxHeld/4)))
	for range 2 {
		before := emitted
		for range 6 {
			l.add(long, lateClient, lateServer)
		}
		if emitted != before+2 {
			t.Fatalf("%d of 6 were emitted at once", emitted-before)
		}
		l.release(time.Now().Add(time.Hour))
	}
	l.add(long, lateClient, lateServer)
	l.end(lateClient, lateServer, "7")
	if l.held != 0 {
		t.Errorf("%d bytes are held", l.held)
	}
}
