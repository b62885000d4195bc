package metrics

import (
	"maps"
	"slices"
)

// captureCounts are the counts of processes that capture: the name of each in their status, and
// the name and help text of its metric.
var captureCounts = []struct{ count, metric, help string }{
	{"requests", "capture_requests_total", "Requests to Ollama captured."},
	{"prompts", "capture_prompts_total", "Prompts captured."},
	{"packets", "capture_packets_total", "Packets read."},
	{
		"dropped_packets", "capture_dropped_packets_total",
		"Packets that the kernel dropped, because they were not read in time.",
	},
	{"lost_bytes", "capture_lost_bytes_total", "Bytes of requests and answers that were never seen."},
	{"partial", "capture_partial_total", "Captured requests of which a part was not seen."},
	{"joined", "capture_joined_total", "Conversations whose beginning was not seen."},
	{"one_sided", "capture_one_sided_total", "Connections of which only one direction was seen."},
	{
		"untold_conversations", "capture_untold_conversations_total",
		"Conversations not recorded to their end, by a defect of ours.",
	},
	{
		"contradictions", "capture_contradictions_total",
		"Times a client said something twice, and not the same, before Ollama had it.",
	},
	{"refused_packets", "capture_refused_packets_total", "Packets that their receiver drops, as with a wrong checksum."},
	{"resyncs", "capture_resyncs_total", "Times that a request or an answer was found again after a hole."},
	{"unasked", "capture_unasked_total", "Answers whose request was not seen."},
	{
		"unfollowed", "capture_unfollowed_total",
		"Captured requests recorded without their answers, because a client had sent too many at once.",
	},
	{"cut_texts", "capture_cut_texts_total", "Captured requests whose texts or headers were too long to be kept whole."},
	{"cut", "capture_cut_total", "Captured requests that broke off before their end."},
	{"unanswered", "proxy_unanswered_total", "Requests that the proxy answered with 502, because no Ollama did."},
	{"untold", "proxy_untold_total", "Connections that the proxy passed on and could not record."},
	{"malformed_requests", "capture_malformed_requests_total", "Captured requests that are no HTTP/1."},
	{"malformed_packets", "capture_malformed_packets_total", "Packets that are no TCP."},
	{"truncated_packets", "capture_truncated_packets_total", "Packets too long to be read whole."},
	{"fragments", "capture_fragments_total", "IP fragments, which are not put together."},
	{"conversations", "capture_conversations_total", "Conversations followed."},
	{"forgotten", "capture_forgotten_total", "Conversations given up, because they were idle or too many."},
	{"connections", "capture_connections_total", "Connections that Ollama accepted."},
	{"connection_events", "capture_connection_events_total", "Events on connections."},
	{"lost_connections", "capture_lost_connections_total", "Connections that the kernel could not report."},
	{"records", "capture_records_total", "Records captured, of all sourcetypes."},
	{
		"spool_lost_queue", "capture_spool_lost_queue_total",
		"Records lost because they came faster than they could be kept.",
	},
	{"spool_lost_full", "capture_spool_lost_full_total", "Records lost because the spool was full (SPOOL_BYTES)."},
	{"spool_lost_disk", "capture_spool_lost_disk_total", "Records lost because they could not be written."},
}

// captured sends the counts of the processes that capture, and the size of the spool.
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

// writer sends the counts of one process that captures.
func (s sender) writer(name string, live bool, counts map[string]int64) {
	var up float64
	if live {
		up = 1
	}
	s.gauge("capture_up", "1 while the process that captures runs, else 0.", up, "by", name)
	for _, of := range captureCounts {
		if n, there := counts[of.count]; there {
			s.counter(of.metric, of.help, n, "by", name)
		}
	}
}
