package spool

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input"
)

func apiEvent(text string) Record {
	return Record{Time: time.Unix(7, 0), Sourcetype: "ollama:api", Event: []byte(text)}
}

// drain reads a stream until it has nothing more.
func drain(t *testing.T, st input.Stream) (lines []string, p input.Progress) {
	t.Helper()
	c := input.Chunk{Buf: make([]byte, 4<<10)}
	for {
		p = st.Read(&c)
		for _, r := range c.Records {
			if int(r.Next) <= 0 {
				t.Fatalf("position %d", r.Next)
			}
			lines = append(lines, string(r.Text))
		}
		if p != input.More {
			return lines, p
		}
	}
}

func TestMemoryIsReadToItsEnd(t *testing.T) {
	m := NewMemory("capture", apiEvent(`{"started":true}`))
	m.Emit(apiEvent(`{"n":1}`))
	ctx, stop := context.WithCancel(t.Context())
	announced := make(chan input.Stream, 16)
	ran := make(chan error)
	go func() { ran <- m.Run(ctx, func(st input.Stream) { announced <- st }) }()
	st := <-announced
	if lines, p := drain(t, st); len(lines) != 2 || p != input.Idle || !m.Holds(st) {
		t.Errorf("%q, %v", lines, p)
	}
	m.Emit(apiEvent(`{"n":2}`))
	<-announced
	stop()
	m.Emit(apiEvent(`{"n":3}`)) // after the stop, and before the end
	m.End()
	if err := <-ran; err != nil {
		t.Error(err)
	}
	lines, p := drain(t, st)
	if len(lines) != 2 || p != input.Ended {
		t.Errorf("%q, %v", lines, p)
	}
	if r, err := Parse([]byte(lines[1])); err != nil || string(r.Event) != `{"n":3}` {
		t.Errorf("%q: %v", lines[1], err)
	}
}

func TestMemoryIsBoundedAndSaysWhatItLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory("capture", apiEvent(`{"started":true}`))
		big := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
		for range 40 {
			m.Emit(apiEvent(big))
		}
		records, lost := m.Stats()
		if records+lost.Sum() != 41 || records > 17 || lost.Queue == 0 {
			t.Fatalf("%d records, lost %+v", records, lost)
		}
		told := int64(0)
		count := func(lines []string) {
			for _, line := range lines {
				r, err := Parse([]byte(line))
				var said struct {
					Lost int64 `json:"lost_records"`
				}
				if err != nil || json.Unmarshal(r.Event, &said) != nil {
					t.Fatalf("%.80s: %v", line, err)
				}
				told += said.Lost
			}
		}
		lines, _ := drain(t, &m.stream)
		count(lines)
		time.Sleep(2 * time.Minute)
		m.Emit(apiEvent(`{}`))
		m.End()
		lines, _ = drain(t, &m.stream)
		count(lines)
		if told != lost.Sum() {
			t.Errorf("told of %d, lost %d", told, lost.Sum())
		}
	})
}

func TestMemoryIsItsOwnStreamOnly(t *testing.T) {
	var none *Memory
	a, b := NewMemory("capture", apiEvent(`{}`)), NewMemory("capture", apiEvent(`{}`))
	if a.Holds(&b.stream) || none.Holds(&a.stream) {
		t.Error("a stream is known by its name")
	}
}
