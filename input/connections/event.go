package connections

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"time"

	"ollama-hec/input/netscope"
	"ollama-hec/input/spool"
)

// event is an event on one connection, or on several of the same client.
type event struct {
	origin string
	// Connection is the first one; In and Out are of all.
	Connection
	// count is how many connections were first seen with this event: 1 for an ordinary one, 0 for the end of one
	// that had an event when it was open. The sum over all events is the number of connections.
	count int
	// several: the event is about more than one connection, and what differs between them is
	// left out.
	several bool
}

// record returns the event as a record. Unknown values are left out, and so is a count of 1.
func (e *event) record(redact func(string) string) spool.Record {
	b := make([]byte, 0, 320)
	b = append(b, `{"origin":`...)
	b = appendString(b, e.origin)
	b = appendClient(b, e.Client, redact, !e.several)
	if a := e.Server.Addr(); a.IsValid() && !a.IsUnspecified() {
		b = appendText(b, "dest", a.String())
	}
	b = appendNumber(b, "dest_port", uint64(e.Server.Port()))
	if e.Counted {
		b = appendNumber(b, "bytes_in", e.In)
		b = appendNumber(b, "bytes_out", e.Out)
	}
	b = appendText(b, "state", state(e.Ended))
	if e.Cookie != 0 && !e.several {
		b = appendText(b, "connection_id", ID(e.Cookie))
	}
	if e.count != 1 {
		b = appendNumber(b, "count", uint64(e.count))
	}
	b = appendProcess(b, e.Process)
	if e.MPTCP {
		b = append(b, `,"mptcp":true`...)
	}
	return spool.Record{Time: e.At, Sourcetype: Sourcetype, Fields: e.Fields, Event: append(b, '}')}
}

func appendClient(b []byte, client netip.AddrPort, redact func(string) string, port bool) []byte {
	src := client.Addr().String()
	if redact != nil {
		src = redact(src)
	}
	b = appendText(b, "src", src)
	if port && client.Port() != 0 {
		b = appendNumber(b, "src_port", uint64(client.Port()))
	}
	if s := netscope.Of(client.Addr()); s != netscope.None {
		b = appendText(b, "src_scope", s.String())
	}
	return b
}

func appendProcess(b []byte, p Process) []byte {
	if p.Name != "" {
		b = appendText(b, "process_name", p.Name)
	}
	if p.ID != 0 {
		b = appendNumber(b, "process_id", uint64(p.ID))
	}
	if p.HasUser {
		b = appendNumber(b, "user_id", uint64(p.User))
	}
	return b
}

// ID returns the connection_id for a cookie.
func ID(cookie uint64) string { return strconv.FormatUint(cookie, 16) }

func state(ended bool) string {
	if ended {
		return "closed"
	}
	return "open"
}

// lossRecord returns the event that says how many connections were not seen.
func lossRecord(origin string, at time.Time, lost uint64) spool.Record {
	b := appendString([]byte(`{"origin":`), origin)
	return spool.Record{Time: at, Sourcetype: Sourcetype, Event: append(appendNumber(b, "lost", lost), '}')}
}

func appendText(b []byte, key, value string) []byte {
	return appendString(append(append(append(b, `,"`...), key...), `":`...), value)
}

func appendNumber(b []byte, key string, n uint64) []byte {
	return strconv.AppendUint(append(append(append(b, `,"`...), key...), `":`...), n, 10)
}

func appendString(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // of a string: never
		return append(b, `""`...)
	}
	return append(b, text...)
}
