package exchange

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/wire"
)

// packet is a TCP segment on its way.
type packet struct {
	from     wire.Side
	at       time.Time
	seq, ack uint32
	flags    byte
	data     string
}

const (
	fin = 1
	syn = 2
	rst = 4
	ack = 16
)

// bytes is the packet as IPv4 has it.
func (p *packet) bytes(c wire.Connection) []byte {
	from, to := c.Client, c.Server
	if p.from == wire.FromServer {
		from, to = to, from
	}
	b := make([]byte, 40, 40+len(p.data))
	b[0], b[8], b[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(b[2:], uint16(40+len(p.data)))
	copy(b[12:], from.Addr().AsSlice())
	copy(b[16:], to.Addr().AsSlice())
	binary.BigEndian.PutUint16(b[20:], from.Port())
	binary.BigEndian.PutUint16(b[22:], to.Port())
	binary.BigEndian.PutUint32(b[24:], p.seq)
	binary.BigEndian.PutUint32(b[28:], p.ack)
	b[32], b[33] = 5<<4, p.flags
	return append(b, p.data...)
}

// packets are those of a talk, as two hosts send them that lose nothing: each thing said in segments, and each
// segment acknowledged.
func (t *talk) packets(random *rand.Rand, most int) (all []packet) {
	next := [2]uint32{random.Uint32(), random.Uint32()}
	send := func(from wire.Side, at time.Time, flags byte, data string) {
		all = append(all, packet{from, at, next[from], next[1-from], flags, data})
		next[from] += uint32(len(data))
		if flags&(syn|fin) != 0 {
			next[from]++
		}
	}
	all = append(all, packet{wire.FromClient, start, next[0], 0, syn, ""})
	next[0]++
	send(wire.FromServer, start, syn|ack, "")
	send(wire.FromClient, start, ack, "")
	last := start
	for _, s := range t.steps {
		last = start.Add(s.at)
		for text := s.text; text != ""; {
			n := min(len(text), 1+random.IntN(most))
			send(s.from, last, ack, text[:n])
			send(1-s.from, last, ack, "")
			text = text[n:]
		}
	}
	send(wire.FromClient, last, ack|fin, "")
	send(wire.FromServer, last, ack|fin, "")
	send(wire.FromClient, last, ack, "")
	return all
}

// early are the same packets, but the client closes as soon as it has asked all.
func (t *talk) early(random *rand.Rand, most int) []packet {
	all := t.packets(random, most)
	asked, closed := 0, 0
	for i := range all {
		if all[i].from == wire.FromClient && all[i].data != "" {
			asked = i + 1
		}
		if all[i].from == wire.FromClient && all[i].flags&fin != 0 {
			closed = i
		}
	}
	end := all[closed]
	all = slices.Delete(all, closed, closed+1)
	end.at, end.ack = all[asked-1].at, all[asked-1].ack
	all = slices.Insert(all, asked, end)
	for i := asked + 1; i < len(all); i++ {
		if p := &all[i]; p.from == wire.FromClient {
			p.seq = end.seq + 1
		} else {
			p.ack = end.seq + 1
		}
	}
	return all
}

// disturb lets packets overtake each other, come twice, and overlap, and misses some of those with data. It returns
// what passes by, how many bytes of it were not seen at all, and how many ends: each of these may have been a byte.
func disturb(all []packet, random *rand.Rand, misses bool) (seen []packet, missed, ends int64) {
	for i := range all {
		p := all[i]
		switch k := random.IntN(12); {
		case misses && p.flags&fin != 0 && k == 0:
			ends++
			continue
		case p.flags&(syn|fin) != 0:
		case misses && p.data != "" && k == 0:
			missed += int64(len(p.data))
			continue
		case k == 1: // once more
			seen = append(seen, p)
		case k == 2 && i > 0 && all[i-1].from == p.from && all[i-1].flags == ack && seen[len(seen)-1].seq == all[i-1].seq:
			p.seq, p.data = all[i-1].seq, all[i-1].data+p.data // with what was sent before
		case k < 6 && len(seen) > 3: // before one that was sent earlier by the same side
			q := &seen[len(seen)-1]
			if q.from == p.from && q.flags == ack && q.data != "" && p.data != "" {
				*q, p = p, *q
				q.at, p.at = p.at, q.at
			}
		}
		seen = append(seen, p)
	}
	return seen, missed, ends
}

// FuzzPackets: whatever the packets that hold a conversation, the events are the same; and where some were missed, an
// event is the same or says that it is partial, and the bytes that are missing are told of to the last.
func FuzzPackets(f *testing.F) {
	all := talks()
	for i := range all {
		for seed := range uint64(20) {
			f.Add(uint(i), seed, uint(13+seed*seed), seed%4 > 0)
		}
	}
	f.Add(uint(144), uint64(76), uint(13), true) // a request of which only the end is missing when its answer comes
	f.Fuzz(func(t *testing.T, which uint, seed uint64, most uint, misses bool) {
		talk := all[which%uint(len(all))]
		ended := func(s step) bool { return s.end != nil }
		if !talk.complete() || slices.ContainsFunc(talk.steps, ended) || misses && talk.pipelines() || len(talk.steps) == 0 {
			return
		}
		random := rand.New(rand.NewPCG(seed, 3))
		seen, missed, ends := disturb(talk.packets(random, int(most%1400)+1), random, misses)
		got, e := talk.read(seen)
		whole, _ := talk.read(talk.packets(random, 1400))
		if missed+ends == 0 {
			if !slices.Equal(withoutTimes(got), withoutTimes(whole)) {
				t.Errorf("%s: of packets in disorder\n%s\nin order\n%s", talk.name, strings.Join(got, "\n"), strings.Join(whole, "\n"))
			}
			return
		}
		lost := int64(0)
		want := map[string]map[string]any{}
		for _, r := range whole {
			key, event := decode(t, r)
			want[key+method(event)] = event
		}
		for _, r := range got {
			key, event := decode(t, r)
			if strings.HasPrefix(key, "ollama:api") {
				lost += number64(event["lost_bytes"])
			}
			if w, known := want[key+method(event)]; known {
				compareUntimed(t, talk.name, event, w)
			} else if event["partial"] != true {
				t.Errorf("%s: an event of nothing: %s", talk.name, r)
			}
		}
		if between := e.Stats().LostBetween; lost+between < missed || lost+between > missed+ends {
			t.Errorf("%s: %d bytes and %d ends were missed; events say %d, and %d of none", talk.name, missed, ends, lost, between)
		}
	})
}

// method is what an event says of the method; it may hold nothing of it.
func method(event map[string]any) string {
	return fmt.Sprint(event["http_method"], event["uri_query"], event["endpoint"])
}

// read is what becomes of packets.
func (t *talk) read(all []packet) ([]string, *Exchanges) {
	var records []string
	o := t.opts
	if o.Origin == "" {
		o = defaults()
	}
	o.Emit = func(r Record) { records = append(records, fmt.Sprintf("%s 0s %s", r.Sourcetype, r.Event)) }
	e := New(o)
	c := peer()
	p := wire.NewPackets([]uint16{c.Server.Port()}, e.Open)
	for i := range all {
		p.Add(all[i].bytes(c), all[i].at)
	}
	p.End()
	return records, e
}

// untimed are the fields that say when something was seen, which disorder may change.
var untimed = []string{"response_time_ms", "ttft_ms"}

func withoutTimes(records []string) (left []string) {
	for _, r := range records {
		for _, name := range untimed {
			if i := strings.Index(r, `"`+name+`":`); i >= 0 {
				r = r[:i] + r[i+strings.IndexByte(r[i:], ',')+1:]
			}
		}
		left = append(left, r)
	}
	return left
}

func compareUntimed(t *testing.T, name string, got, want map[string]any) {
	t.Helper()
	for _, field := range untimed {
		delete(got, field)
		delete(want, field)
	}
	compare(t, name, 0, 0, 0, got, want)
}
