package check

import (
	"log/slog"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/connections"
	"ollama-hec/input/spool"
)

// capture checks what is captured, or could be, and says what capture cannot see.
func (r *report) capture(s *settings.Settings) {
	if !bool(s.Spool) {
		r.captureItself(s)
		return
	}
	if r.spool(s) {
		return
	}
	r.couldCapture(s)
}

// captureItself checks that run can capture by itself, as SPOOL=off asks for.
func (r *report) captureItself(s *settings.Settings) {
	if err := capture.Able(s); err != nil {
		r.bad(Fail, "capture", "give run that right, or set SPOOL=on and run ollama-hec capture beside it", "%v", err)
		return
	}
	r.ok("capture", "run captures %s by itself, on ports %s; %s", strings.Join(s.Capture.Names(), " and "),
		portsOf(s.CapturePorts), unseen)
}

// unseen says what cannot be seen on the wire.
const unseen = "what TLS or a tunnel hides is not seen, and behind a reverse proxy its address is the source"

// spool checks the spool that other processes write. It returns false if no process has written
// one yet.
func (r *report) spool(s *settings.Settings) bool {
	dir, err := s.State()
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return false // it is said of STATE_DIR
	}
	in, err := spool.NewReader(dir, slog.New(slog.DiscardHandler)).Inspect()
	switch {
	case err != nil:
		r.bad(Fail, "spool", "let this user read and delete the files there, and nobody else write them", "%v", err)
		return true
	case in == nil || len(in.Writers) == 0:
		return false
	}
	for _, name := range spool.Writers {
		if w, there := in.Writers[name]; there {
			r.writer(s, name, w)
		}
	}
	held := humanize.IBytes(uint64(in.Bytes))
	if in.Bytes > int64(s.SpoolBytes)/10*9 {
		r.bad(Warn, "spool", "look whether run runs and delivers, or raise SPOOL_BYTES",
			"%s lie in it, of %s that it may hold", held, humanize.IBytes(uint64(s.SpoolBytes)))
		return true
	}
	r.ok("spool", "%s on disk; what is delivered goes within a minute or two", held)
	return true
}

// writer checks one process that captures.
func (r *report) writer(s *settings.Settings, name string, w spool.Seen) {
	what := strings.Join(w.Captures, " and ")
	switch {
	case w.Stopped && !w.Live:
		r.ok(name, "does not run; it was stopped %s", humanize.Time(w.At))
	case !w.Live && w.Problem != "":
		r.bad(Warn, name, "fix that, and start ollama-hec "+name+" again",
			"does not run: it ended %s, %s", humanize.Time(w.At), w.Problem)
	case !w.Live:
		r.bad(Warn, name, "start ollama-hec "+name+" again, if it is still wanted",
			"does not run, and was not told to stop; it was last seen %s", humanize.Time(w.At))
	case w.Problem != "":
		r.bad(Warn, name, "see what is wrong with the disk of STATE_DIR, or raise SPOOL_BYTES", "%s", w.Problem)
	case w.Counts["dropped_packets"] > 0 || w.Counts["lost_connections"] > 0:
		r.bad(Warn, name, "give it more CPU time, or raise net.core.rmem_max", "has missed %d packets and %d connections",
			w.Counts["dropped_packets"], w.Counts["lost_connections"])
	default:
		r.ok(name, "runs, of ports %s: %d requests, %d connections so far (%s); %s", portsOf(w.Ports),
			w.Counts["requests"], w.Counts["connections"], what, unseen)
	}
}

// couldCapture says what could be captured here. To capture nothing is no mistake.
func (r *report) couldCapture(s *settings.Settings) {
	requests := settings.Settings{CapturePorts: s.CapturePorts, CaptureInterfaces: s.CaptureInterfaces}
	requests.Capture.Requests = true
	switch err := capture.Able(&requests); {
	case runtime.GOOS != "linux":
		r.ok("capture", "requests are captured on Linux only; elsewhere ollama-hec proxy, before Ollama, tells of them")
	case err != nil:
		r.ok(
			"capture",
			"not on; this user could not capture requests: it takes CAP_NET_RAW, which the unit ollama-hec-capture has",
		)
	default:
		r.ok("capture", "not on; this user could capture requests of ports %s; %s", portsOf(s.CapturePorts), unseen)
	}
	able, err := connections.Able()
	switch {
	case err != nil:
		r.ok("connections", "not on, and not possible here: %v", err)
	case !able.Every:
		r.ok("connections", "not on; this system is asked every few seconds, so short connections would not be seen")
	case !able.Containers:
		r.ok(
			"connections",
			"not on; every one could be seen, but for those that containers accept, which takes CAP_NET_BROADCAST; "+
				"of rootless containers there is the forwarder's only",
		)
	default:
		r.ok("connections", "not on; every one could be seen, also those that containers accept; "+
			"of rootless containers there is the forwarder's only")
	}
}

func portsOf(ports []int) string {
	var texts []string
	for _, port := range ports {
		texts = append(texts, strconv.Itoa(port))
	}
	return strings.Join(texts, ", ")
}
