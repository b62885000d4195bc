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

// collector reads the values of a shipper for Prometheus.
type collector struct {
	sh     *app.Shipper
	lag    *lag.Watch
	itself func() map[string]int64 // nil: the process captures nothing itself
}

// filesMax bounds the series by file to the files that wait longest. The sums are over all
// files.
const filesMax = 100

// Describe sends nothing: which files there are is known only at each Collect.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	m := sender{out}
	m.gauge("build_info", "Version of the program; always 1.", 1, "version", version.Version, "go", runtime.Version())
	c.reading(m)
	c.delivery(m)
	c.files(m)
	c.journal(m)
	c.captured(m)
}

func (c collector) reading(m sender) {
	p, _ := c.sh.Progress()
	m.counter("lines_read_total", "Log lines read.", p.Lines)
	m.counter("lines_omitted_total", "Lines of other programs in the same logs, left out.", p.Omitted)
	m.counter("read_bytes_total", "Bytes of the log lines read.", p.Bytes)
	m.gauge("waiting_bytes", "Bytes of the batches sent and not yet delivered, after gzip.", float64(p.Waiting))
	var failing float64
	if c.sh.StateError() != nil {
		failing = 1
	}
	m.gauge("checkpoint_failing", "1 while checkpoints cannot be written to the state directory, else 0.", failing)
}

func (c collector) delivery(m sender) {
	d := c.sh.Delivered()
	for st := range sourcetypes.Sourcetypes {
		m.counter("events_total", "Events delivered.", d.Delivered.Events[st], "sourcetype", st.String())
		m.counter(
			"event_bytes_total",
			"Bytes of the events delivered, before gzip.",
			d.Delivered.Bytes[st],
			"sourcetype",
			st.String(),
		)
	}
	m.counter("batches_total", "Batches delivered.", d.Batches)
	m.counter(
		"sent_bytes_total",
		"Bytes of request bodies, before (plain) and after gzip.",
		d.PlainBytes,
		"stage",
		"plain",
	)
	m.counter("sent_bytes_total", "Bytes of request bodies, before (plain) and after gzip.", d.WireBytes, "stage", "gzip")
	m.counter("requests_total", "Requests that carried events.", d.Posts)
	for code, n := range d.Replies {
		const help = "Replies by HEC code; http_STATUS if a reply has none, as with Splunk Cloud Services; none if no reply came."
		m.counter("replies_total", help, n, "code", code)
	}
	m.counter(
		"quick_retries_total",
		"Requests repeated at once on a new connection, after a kept one had been closed.",
		d.QuickRetry,
	)
	m.counter("ambiguous_requests_total", "Requests without a clear reply: their events may arrive twice.", d.Ambiguous)
	m.counter(
		"dead_letters_total",
		"Dead letters: events that Splunk rejected for good, kept in the state directory.",
		d.DeadLetters,
	)
	m.counter("ack_timeouts_total", "Requests sent again because no acknowledgment came in time.", d.AckTimeouts)
	m.gauge("acks_waiting", "Requests waiting for acknowledgment.", float64(d.AckWaiting))
	if !d.LastSuccess.IsZero() {
		m.gauge(
			"last_success_timestamp_seconds",
			"Unix time of the last delivery of a batch.",
			float64(d.LastSuccess.UnixMilli())/1e3,
		)
	}
	var ready float64
	if ok, _ := c.sh.Ready(); ok {
		ready = 1
	}
	m.gauge("ready", "1 while an endpoint takes events, else 0.", ready)
}

func (c collector) files(m sender) {
	counters, ok := c.sh.FileStats()
	if !ok {
		return
	}
	m.gauge("files", "Log files followed.", float64(counters.Files))
	m.gauge("open_files", "Log files open.", float64(counters.Open))
	m.gauge(
		"held_deleted_bytes",
		"Disk space held by deleted log files that are not fully read yet.",
		float64(counters.HeldDeleted),
	)
	m.counter("file_rotations_total", "Log files renamed or deleted (rotated).", int64(counters.Rotations))
	m.counter("file_truncations_total", "Log files truncated or overwritten in place.", int64(counters.Truncations))
	m.counter("cut_lines_total", "Lines cut because they are longer than MAX_LINE_BYTES.", int64(counters.CutLines))
	m.counter(
		"lost_bytes_total",
		"Bytes of log deleted or overwritten before they were read: lost.",
		int64(counters.LostBytes),
	)
	m.counter(
		"notify_fallbacks_total",
		"Times that file notifications failed, so that files are polled.",
		int64(counters.Fallbacks),
	)
	lags(m, c.lag.Files(time.Now()))
}

func lags(m sender, files []lag.File) {
	all := lag.Total(files)
	m.gauge("lag_bytes", "Bytes of log not delivered yet, over all files.", float64(all.Bytes))
	m.gauge("lag_seconds", "Age of the oldest line not delivered yet, over all files.", all.Age.Seconds())
	names := map[string]bool{}
	for _, f := range files[:min(len(files), filesMax)] {
		path := label(f.Path, names)
		m.gauge(
			"file_lag_bytes",
			"Bytes of a file not delivered yet, for the files that wait longest.",
			float64(f.Bytes),
			"path",
			path,
		)
		m.gauge(
			"file_lag_seconds",
			"Age of the oldest line of a file not delivered yet, for the files that wait longest.",
			f.Age.Seconds(),
			"path",
			path,
		)
	}
}

// label returns a file's path as the value of a label. It must be UTF-8 and differ from
// that of every other file: otherwise one file name, which anybody may choose, would make
// all metrics fail.
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
	m.counter("journal_suppressed_total", "Messages that journald dropped by its rate limit.", st.Suppressed)
	m.counter(
		"journal_lost_total",
		"Times the journal no longer held the entry read last: entries after it may be lost.",
		st.Lost,
	)
	m.counter("journal_restarts_total", "Times journalctl ended unexpectedly and was started again.", st.Restarts)
}

// sender builds metrics and sends them to Prometheus' collection.
type sender struct{ out chan<- prometheus.Metric }

func (s sender) counter(name, help string, v int64, labels ...string) {
	s.send(name, help, prometheus.CounterValue, float64(v), labels)
}

func (s sender) gauge(name, help string, v float64, labels ...string) {
	s.send(name, help, prometheus.GaugeValue, v, labels)
}

// send sends one metric. labels are names and values in turn.
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
