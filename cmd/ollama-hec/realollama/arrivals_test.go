//go:build linux

package realollama

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
	"ollama-hec/splunk_app/detections"
)

// splunk is the embedded receiver with acknowledgment. It keeps what it takes
// by the life of the shipper that sent it: each has a token of its own.
type splunk struct {
	*receiver.Receiver

	mu    sync.Mutex
	life  map[uint64]int       // guarded by mu; by request
	lives [][]detections.Event // guarded by mu
	last  map[string]int64     // guarded by mu; the highest number in a query n=…, by src
}

const tokenPrefix = "7e577e57-7e57-7e57-7e57-7e577e577e"

func token(life int) string { return fmt.Sprintf("%s%02d", tokenPrefix, life) }

// startSplunk serves until the test ends. Events count as indexed only after a
// while: what a shipper had sent when it was killed is sent again.
func startSplunk(t *testing.T, lives int) *splunk {
	t.Helper()
	s := &splunk{life: map[uint64]int{}, lives: make([][]detections.Event, lives), last: map[string]int64{}}
	o := receiver.Options{AckDelay: 200 * time.Millisecond, Event: s.take, Fault: s.note}
	for life := range lives {
		o.Tokens = append(o.Tokens, receiver.Token{Value: token(life), Ack: true})
	}
	s.Receiver = receiver.New(o)
	if err := s.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context()) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
		if stats := s.Stats(); stats.UnknownKey+stats.FieldsOnly+stats.InvalidUTF8+stats.WrongNode > 0 {
			t.Errorf("a Splunk would have lost some: %+v", stats)
		}
	})
	return s
}

// note lets every request be, and notes who sent it.
func (s *splunk) note(req *receiver.Request) (none receiver.Fault) {
	if req.Endpoint != receiver.EndpointEvent {
		return none
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for life := range s.lives {
		if strings.HasSuffix(req.HTTP.Header.Get("Authorization"), token(life)) {
			s.life[req.N] = life
		}
	}
	return none
}

// take keeps an event as Splunk would: the text of a string, else the JSON.
func (s *splunk) take(e receiver.Event) {
	raw := string(e.Event)
	var text string
	if json.Unmarshal(e.Event, &text) == nil {
		raw = text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	life := s.life[e.Request]
	s.lives[life] = append(s.lives[life], detections.Event{
		Sourcetype: e.Sourcetype, Source: e.Source, Host: e.Host, Time: e.Time, Raw: raw,
	})
	if e.Sourcetype == "ollama:api" {
		var a api
		_ = json.Unmarshal([]byte(raw), &a) // decode complains of it
		var n int64
		if _, err := fmt.Sscanf(a.Query, "n=%d", &n); err == nil {
			s.last[a.Src] = max(s.last[a.Src], n)
		}
	}
}

// heard is the number of the last request to arrive of a client that counts.
func (s *splunk) heard(src string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last[src]
}

// from is what one shipper sent.
func (s *splunk) from(life int) []detections.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lives[life])
}

// of returns the events of one sourcetype, by life.
func (s *splunk) of(sourcetype string) [][]detections.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	lives := make([][]detections.Event, len(s.lives))
	for life, events := range s.lives {
		for _, e := range events {
			if e.Sourcetype == sourcetype {
				lives[life] = append(lives[life], e)
			}
		}
	}
	return lives
}

// once returns n things of which some arrived twice, because the shipper was
// killed and the next one began again where the last acknowledgment was: what
// the first sent must be a prefix, what the second sent the rest.
func once[T any](lives [][]T, n int) ([]T, error) {
	all := lives[0]
	for _, again := range lives[1:] {
		if len(again) == 0 {
			continue
		}
		from := n - len(again)
		switch {
		case from < 0:
			return nil, fmt.Errorf("%d arrived after the crash, of %d", len(again), n)
		case from > len(all):
			return nil, fmt.Errorf(
				"%d are missing of %d: %d before the crash, %d after it",
				from-len(all),
				n,
				len(all),
				len(again),
			)
		}
		for i := from; i < len(all); i++ {
			if !reflect.DeepEqual(all[i], again[i-from]) {
				return nil, fmt.Errorf("the %dth was %v before the crash, and %v after it", i, all[i], again[i-from])
			}
		}
		all = append(all[:from:from], again...)
	}
	if len(all) != n {
		return nil, fmt.Errorf("%d of %d", len(all), n)
	}
	return all, nil
}

// lines returns the lines that are not blank of all texts.
func lines(texts ...string) (solid []string) {
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
				solid = append(solid, line)
			}
		}
	}
	return solid
}

// api is an ollama:api event, prompt an ollama:prompts event.
type api struct {
	Origin, Src, API, Operation string
	Scope                       string   `json:"src_scope"`
	Method                      string   `json:"http_method"`
	Path                        string   `json:"uri_path"`
	Query                       string   `json:"uri_query"`
	Status                      int      `json:"status"`
	Millis                      *float64 `json:"response_time_ms"`
}

type prompt struct {
	Origin string
	Length int `json:"prompt_length"`
	Prompt string
}

// decode reads an event that knows no key besides those of T.
func decode[T any](e detections.Event) (v T, err error) {
	d := json.NewDecoder(strings.NewReader(e.Raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("%s: %w", e.Raw, err)
	}
	return v, nil
}

// moment is the time of an event.
func moment(t *testing.T, e detections.Event) time.Time {
	t.Helper()
	seconds, err := strconv.ParseFloat(e.Time, 64)
	if err != nil {
		t.Fatalf("time %q: %v", e.Time, err)
	}
	return time.UnixMicro(int64(seconds * 1e6))
}
