package exchange

import (
	"bytes"
	"strconv"

	"ollama-hec/sourcetypes/internal/text"
)

// head is what counts of a message's head.
type head struct {
	first []byte // the request line or the status line; nil: it is not complete
	space []byte

	length  int64 // of the body; -1: not said
	chunked bool
	coded   bool // in another transfer coding than chunked
	refused bool // the lengths contradict each other
	expects bool // the client waits for 100

	contentType, encoding   []byte
	host, userAgent, origin []byte
	forwarded               []byte // all of X-Forwarded-For
	forwardedCut            bool   // its end is not in forwarded
}

func (h *head) clear() {
	*h = head{
		space: h.space[:0], length: -1,
		contentType: h.contentType[:0], encoding: h.encoding[:0],
		host: h.host[:0], userAgent: h.userAgent[:0], origin: h.origin[:0], forwarded: h.forwarded[:0],
	}
	if cap(h.space) == 0 {
		h.space = make([]byte, 0, 128)
	}
}

// add takes a header field. Of several with one name the first counts, as Go reads
// them, save that those of X-Forwarded-For are one list.
//
// Together they are no longer than most, and a line of cutAt bytes was cut.
func (h *head) add(line []byte, most, cutAt int) {
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok || len(name) > maxOther {
		return
	}
	value = bytes.TrimSpace(value)
	var lower [maxOther]byte
	switch string(bytes.ToLower(append(lower[:0], name...))) {
	case "content-length":
		h.addLength(value)
	case "transfer-encoding":
		h.chunked = text.EqualFold(value, "chunked")
		h.coded = !h.chunked
	case "expect":
		h.expects = text.EqualFold(value, "100-continue")
	case "content-type":
		h.contentType = first(h.contentType, value, maxType)
	case "content-encoding":
		h.encoding = first(h.encoding, value, maxOther)
	case "host":
		h.host = first(h.host, value, keeps*mostHost)
	case "user-agent":
		h.userAgent = first(h.userAgent, value, keeps*mostUserAgent)
	case "origin":
		h.origin = first(h.origin, value, keeps*mostHost)
	case "x-forwarded-for":
		if len(h.forwarded) > 0 {
			h.forwarded = append(h.forwarded, ", "...)
		}
		fits := min(len(value), max(0, most-len(h.forwarded)))
		h.forwardedCut = h.forwardedCut || fits < len(value) || len(line) >= cutAt
		h.forwarded = append(h.forwarded, value[:fits]...)
	}
}

// maxType is enough for a content type with the longest boundary.
const maxType = 512

// first is the first value of a field, up to most bytes of it.
func first(have, value []byte, most int) []byte {
	if len(have) > 0 {
		return have
	}
	return append(have, value[:min(len(value), most)]...)
}

func (h *head) addLength(value []byte) {
	length, err := strconv.ParseUint(string(value), 10, 63)
	if err != nil || h.length >= 0 && h.length != int64(length) {
		h.refused = true
		return
	}
	h.length = int64(length)
}

// media is a content type without what stands behind a semicolon.
func media(contentType []byte) string {
	kind, _, _ := bytes.Cut(contentType, []byte{';'})
	return string(bytes.ToLower(bytes.TrimSpace(kind)))
}
