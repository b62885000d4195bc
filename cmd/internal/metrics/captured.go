package metrics

import (
	"maps"
	"slices"
)

// captureCounts are the figures of those who capture, by the names they have for them.
var captureCounts = []struct{ count, help string }{
	{"requests", "Requests to Ollama captured."},
	{"prompts", "Prompts captured."},
	{"packets", "Packets read."},
	{"dropped_packets", "Packets that the kernel dropped, because they were not read in time."},
	{"lost_bytes", "Bytes of requests and answers that were never seen."},
	{"partial", "Captured requests of which a part was not seen."},
	{"joined", "Conversations whose beginning was not seen."},
	{"resyncs", "Times that a request or an answer was found again after a hole."},
	{"unasked", "Answers whose request was not seen."},
	{"unfollowed", "Conversations with too many requests at once to follow."},
	{"malformed_requests", "Captured requests that are no HTTP/1."},
	{"malformed_packets", "Packets that are no TCP."},
	{"truncated_packets", "Packets too long to be read whole."},
	{"fragments", "IP fragments, which are not put together."},
	{"conversations", "Conversations followed."},
	{"forgotten", "Conversations given up, because they were idle or too many."},
	{"connections", "Connections that Ollama accepted."},
	{"connection_events", "Events on connections."},
	{"lost_connections", "Connections of which the kernel could not tell."},
	{"records", "Records captured, of all sourcetypes."},
	{"spool_lost_queue", "Records lost because they came faster than they could be kept."},
	{"spool_lost_full", "Records lost because the spool held SPOOL_BYTES."},
	{"spool_lost_disk", "Records lost because they could not be written."},
}

// captured sends the figures of those who capture, and of the spool between them and us.
func (c collector) captured(m sender) {
	if counts, ok := c.sh.Captured(); ok {
		m.counter("captured_events_total", "Captured events read, to be sent.", counts.Events.Load())
		m.counter("captured_damaged_total", "Captured lines that are no records.", counts.Damaged.Load())
		m.counter(
			"captured_once_total",
			"Events of log lines left out, because their request was captured.",
			counts.Once.Load(),
		)
	}
	if c.itself != nil {
		m.writer("capture", true, c.itself())
	}
	in := c.sh.Spool()
	if in == nil {
		return
	}
	m.gauge("spool_bytes", "Bytes of the spool that are not yet delivered and deleted.", float64(in.Bytes))
	m.gauge("spool_segments", "Files of the spool.", float64(in.Segments))
	for _, name := range slices.Sorted(maps.Keys(in.Writers)) {
		if w := in.Writers[name]; c.itself == nil || name != "capture" {
			m.writer(name, w.Live, w.Counts)
		}
	}
}

// writer sends the figures of one who captures.
func (s sender) writer(name string, live bool, counts map[string]int64) {
	var up float64
	if live {
		up = 1
	}
	s.gauge("capture_up", "1 while the process that captures runs, else 0.", up, "by", name)
	for _, of := range captureCounts {
		if n, there := counts[of.count]; there {
			s.counter("capture_"+of.count+"_total", of.help, n, "by", name)
		}
	}
}
