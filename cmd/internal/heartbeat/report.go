package heartbeat

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/hec"
	"ollama-hec/sourcetypes"
)

// Report is the content of one event. Counts are since the start, uptime_seconds ago.
type Report struct {
	Version string  `json:"version"`
	Commit  string  `json:"commit"`
	Uptime  float64 `json:"uptime_seconds"`

	LinesRead     int64 `json:"lines_read"`
	BytesRead     int64 `json:"bytes_read"`
	ServerEvents  int64 `json:"events_server"` // delivered, as all events here
	APIEvents     int64 `json:"events_api"`
	PromptsEvents int64 `json:"events_prompts"`

	LastSuccess  string           `json:"last_success,omitempty"` // RFC 3339; absent: nothing was delivered yet
	Requests     int64            `json:"requests"`
	Replies      map[string]int64 `json:"replies,omitempty"` // by HEC code, http_<status>, or none
	Retries      int64            `json:"retries"`
	Ambiguous    int64            `json:"ambiguous_requests"`
	AckTimeouts  int64            `json:"ack_timeouts"`
	AcksWaiting  int64            `json:"acks_waiting"`
	WaitingBytes int64            `json:"waiting_bytes"` // sent and not yet delivered, after gzip
	DeadLetters  int64            `json:"dead_letters"`

	Files      int     `json:"files"`
	OpenFiles  int     `json:"open_files"`
	LagBytes   int64   `json:"lag_bytes"`   // of all files
	LagSeconds float64 `json:"lag_seconds"` // of the worst
	LagFile    string  `json:"lag_file,omitempty"`

	LostBytes         uint64 `json:"lost_bytes"`
	CutLines          uint64 `json:"cut_lines"`
	JournalSuppressed int64  `json:"journal_suppressed,omitempty"`
	JournalLost       int64  `json:"journal_lost,omitempty"`
	CheckpointError   string `json:"checkpoint_error,omitempty"`

	CPUSeconds  float64 `json:"cpu_seconds,omitempty"` // absent where the system does not tell
	MemoryBytes int64   `json:"memory_bytes,omitempty"`
}

// Of returns a function that reports on a shipper that starts now. It returns false while
// no endpoint takes events.
func Of(sh *app.Shipper, w *lag.Watch) func() (Report, bool) {
	started := time.Now()
	process := prometheus.NewRegistry()
	process.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return func() (Report, bool) {
		if ok, _ := sh.Ready(); !ok {
			return Report{}, false
		}
		r := Report{Version: version.Version, Commit: version.Revision(), Uptime: rounded(time.Since(started))}
		r.reading(sh)
		r.delivery(sh.Delivered())
		r.lag(w)
		r.process(process)
		return r, true
	}
}

func (r *Report) reading(sh *app.Shipper) {
	p, _ := sh.Progress()
	r.LinesRead, r.BytesRead, r.WaitingBytes = p.Lines, p.Bytes, p.Waiting
	if c, ok := sh.FileStats(); ok {
		r.Files, r.OpenFiles, r.LostBytes, r.CutLines = c.Files, c.Open, c.LostBytes, c.CutLines
	}
	if j, ok := sh.JournalStats(); ok {
		r.JournalSuppressed, r.JournalLost = j.Suppressed, j.Lost
	}
	if err := sh.StateError(); err != nil {
		r.CheckpointError = err.Error()
	}
}

func (r *Report) delivery(d hec.Stats) {
	r.ServerEvents = d.Delivered.Events[sourcetypes.Server]
	r.APIEvents = d.Delivered.Events[sourcetypes.API]
	r.PromptsEvents = d.Delivered.Events[sourcetypes.Prompts]
	r.Requests, r.Replies, r.Ambiguous = d.Posts, d.Replies, d.Ambiguous
	r.Retries = d.QuickRetry
	for code, n := range d.Replies {
		if !taken(code) {
			r.Retries += n
		}
	}
	r.AckTimeouts, r.AcksWaiting, r.DeadLetters = d.AckTimeouts, d.AckWaiting, d.DeadLetters
	if !d.LastSuccess.IsZero() {
		r.LastSuccess = d.LastSuccess.UTC().Format("2006-01-02T15:04:05.000Z")
	}
}

// taken reports whether a reply with this code means that the events were accepted: success,
// busy but accepted, or a status of success without a code.
func taken(code string) bool {
	return code == "0" || code == "24" || code == "25" || strings.HasPrefix(code, "http_2")
}

func (r *Report) lag(w *lag.Watch) {
	worst := lag.Total(w.Files(time.Now()))
	r.LagBytes, r.LagSeconds, r.LagFile = worst.Bytes, rounded(worst.Age), terminal.Text(worst.Path)
}

// process fills in the CPU time and memory of the program. A system that does not report
// them is no error.
func (r *Report) process(figures *prometheus.Registry) {
	families, _ := figures.Gather()
	for _, f := range families {
		if len(f.Metric) == 0 {
			continue
		}
		switch m := f.Metric[0]; f.GetName() {
		case "process_cpu_seconds_total":
			r.CPUSeconds = m.GetCounter().GetValue()
		case "process_resident_memory_bytes":
			r.MemoryBytes = int64(m.GetGauge().GetValue())
		}
	}
}

// rounded returns d in seconds, to the millisecond.
func rounded(d time.Duration) float64 { return float64(d.Milliseconds()) / 1e3 }
