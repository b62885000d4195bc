package metrics

import (
	"fmt"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/sourcetypes"
)

// collector reads a shipper's figures.
type collector struct {
	sh  *app.Shipper
	lag *lag.Watch
}

// filesMax bounds the series by file: those that wait longest are shown. The
// sums are of all.
const filesMax = 100

// Describe sends nothing: which files there are is known only when asked.
func (collector) Describe(chan<- *prometheus.Desc) {}

func (c collector) Collect(out chan<- prometheus.Metric) {
	m := sender{out}
	m.gauge("build_info", "The program that runs.", 1, "version", version.Version, "go", runtime.Version())
	c.reading(m)
	c.delivery(m)
	c.files(m)
	c.journal(m)
}

func (c collector) reading(m sender) {
	p, _ := c.sh.Progress()
	m.counter("lines_read_total", "Lines read.", p.Lines)
	m.counter("lines_omitted_total", "Lines left out: of other programs in the same log.", p.Omitted)
	m.counter("read_bytes_total", "Bytes of the lines read.", p.Bytes)
	m.gauge("waiting_bytes", "Bytes sent and not yet delivered, after gzip.", float64(p.Waiting))
	var failing float64
	if c.sh.StateError() != nil {
		failing = 1
	}
	m.gauge("checkpoint_failing", "1 while checkpoints cannot be written.", failing)
}

func (c collector) delivery(m sender) {
	d := c.sh.Delivered()
	for st := range sourcetypes.Sourcetypes {
		m.counter("events_total", "Events delivered.", d.Delivered.Events[st], "sourcetype", st.String())
		m.counter("event_bytes_total", "Bytes of the events delivered, before gzip.", d.Delivered.Bytes[st], "sourcetype", st.String())
	}
	m.counter("batches_total", "Batches delivered.", d.Batches)
	m.counter("sent_bytes_total", "Bytes of the requests' bodies.", d.PlainBytes, "stage", "plain")
	m.counter("sent_bytes_total", "Bytes of the requests' bodies.", d.WireBytes, "stage", "gzip")
	m.counter("requests_total", "Requests with events.", d.Posts)
	for code, n := range d.Replies {
		const help = "Replies by HEC code, by HTTP status where there is none, as from Splunk Cloud Services, or none."
		m.counter("replies_total", help, n, "code", code)
	}
	m.counter("quick_retries_total", "Requests repeated at once on a new connection.", d.QuickRetry)
	m.counter("ambiguous_requests_total", "Requests without a clear reply: their events may arrive twice.", d.Ambiguous)
	m.counter("dead_letters_total", "Events rejected and kept.", d.DeadLetters)
	m.counter("ack_timeouts_total", "Requests sent again for want of an acknowledgment.", d.AckTimeouts)
	m.gauge("acks_waiting", "Requests waiting for acknowledgment.", float64(d.AckWaiting))
	if !d.LastSuccess.IsZero() {
		m.gauge("last_success_timestamp_seconds", "When a batch was last delivered.", float64(d.LastSuccess.UnixMilli())/1e3)
	}
	var ready float64
	if ok, _ := c.sh.Ready(); ok {
		ready = 1
	}
	m.gauge("ready", "1 while an endpoint takes events.", ready)
}

func (c collector) files(m sender) {
	counters, ok := c.sh.FileCounters()
	if !ok {
		return
	}
	m.gauge("files", "Files followed.", float64(counters.Files))
	m.gauge("open_files", "Files open.", float64(counters.Open))
	m.gauge("held_deleted_bytes", "Disk space held by deleted files that are not read to their end.", float64(counters.HeldDeleted))
	m.counter("file_rotations_total", "Files renamed or removed from where they were found.", int64(counters.Rotations))
	m.counter("file_truncations_total", "Files whose content was replaced.", int64(counters.Truncations))
	m.counter("cut_lines_total", "Lines longer than MAX_LINE_BYTES.", int64(counters.CutLines))
	m.counter("lost_bytes_total", "Bytes removed or overwritten before they were read.", int64(counters.LostBytes))
	m.counter("notify_fallbacks_total", "Times that polling stood in for notifications.", int64(counters.Fallbacks))
	lags(m, c.lag.Files(time.Now()))
}

func lags(m sender, files []lag.File) {
	all := lag.Total(files)
	m.gauge("lag_bytes", "Bytes of all files that are not delivered yet.", float64(all.Bytes))
	m.gauge("lag_seconds", "Age of the oldest line of any file that is not delivered yet.", all.Age.Seconds())
	names := map[string]bool{}
	for _, f := range files[:min(len(files), filesMax)] {
		path := label(f.Path, names)
		m.gauge("file_lag_bytes", "Bytes of a file that are not delivered yet, of the files that wait longest.", float64(f.Bytes), "path", path)
		m.gauge("file_lag_seconds", "Age of a file's oldest line that is not delivered yet.", f.Age.Seconds(), "path", path)
	}
}

// label is a file's path as the value of a label, which must be UTF-8 and may not be
// that of another file: one such name, which anybody may give a file, would leave
// nothing of all metrics.
func label(path string, taken map[string]bool) string {
	text := terminal.Text(path)
	value := text
	for n := 2; taken[value]; n++ {
		value = fmt.Sprintf("%s (%d)", text, n)
	}
	taken[value] = true
	return value
}

func (c collector) journal(m sender) {
	st, ok := c.sh.JournalStats()
	if !ok {
		return
	}
	m.counter("journal_suppressed_total", "Messages that journald's rate limit dropped.", st.Suppressed)
	m.counter("journal_lost_total", "Times the journal no longer held what was read last.", st.Lost)
	m.counter("journal_restarts_total", "Times journalctl ended by itself.", st.Restarts)
}

// sender names metrics and sends them.
type sender struct{ out chan<- prometheus.Metric }

func (s sender) counter(name, help string, v int64, labels ...string) {
	s.send(name, help, prometheus.CounterValue, float64(v), labels)
}

func (s sender) gauge(name, help string, v float64, labels ...string) {
	s.send(name, help, prometheus.GaugeValue, v, labels)
}

// send takes labels as names and values in turn.
func (s sender) send(name, help string, kind prometheus.ValueType, v float64, labels []string) {
	var names, values []string
	for i := 0; i < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, labels[i+1])
	}
	desc := prometheus.NewDesc("ollama_hec_"+name, help, names, nil)
	m, err := prometheus.NewConstMetric(desc, kind, v, values...)
	if err != nil {
		m = prometheus.NewInvalidMetric(desc, err)
	}
	s.out <- m
}
