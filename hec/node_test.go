package hec_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// node is an indexer that does what a test says, where that is stranger than
// what a receiver does. Its methods run one at a time.
type node struct {
	// submit answers to events; text is the first of them.
	submit func(w http.ResponseWriter, channel, text string)
	// acks are the ids that are acknowledged; nil: it does not answer.
	acks func(channel string, ids []int64) []int64

	mu       sync.Mutex
	channels []string // of the submissions
	polls    int
}

func (n *node) start(t *testing.T) string { return serve(t, &http.Server{Handler: n}) }

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	channel := r.Header.Get("X-Splunk-Request-Channel")
	if !strings.HasSuffix(r.URL.Path, "/ack") {
		n.channels = append(n.channels, channel)
		n.submit(w, channel, firstEvent(body))
		return
	}
	n.polls++
	var query struct{ Acks []int64 }
	if n.acks == nil || json.Unmarshal(body, &query) != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	state := map[string]bool{}
	for _, id := range query.Acks {
		state[fmt.Sprint(id)] = false
	}
	for _, id := range n.acks(channel, query.Acks) {
		state[fmt.Sprint(id)] = true
	}
	json.NewEncoder(w).Encode(map[string]any{"acks": state})
}

// locked runs f while the node does nothing.
func (n *node) locked(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

func all(_ string, ids []int64) []int64 { return ids }

func none(string, []int64) []int64 { return nil }

func firstEvent(body []byte) string {
	z, err := gzip.NewReader(strings.NewReader(string(body)))
	if err != nil {
		return err.Error()
	}
	var ev struct{ Event string }
	if err := json.NewDecoder(z).Decode(&ev); err != nil {
		return err.Error()
	}
	return ev.Event
}

// success is the answer to events that were taken.
func success(w io.Writer, id any) { fmt.Fprintf(w, `{"text":"Success","code":0,"ackId":%v}`, id) }
