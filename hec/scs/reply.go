package scs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/hec"
)

// verdict is what a reply asks the client to do.
type verdict uint8

const (
	accept  verdict = iota // the service has the events
	retry                  // the same again later
	pause                  // configuration: keep everything, try again seldom
	unclear                // it may have meant yes: try again, ever more seldom
	split                  // too large
	isolate                // some event is bad
)

// row is what one kind of reply asks for. An empty code stands for all others.
type row struct {
	status int
	code   string
	ask    verdict
	hint   string // what a person can do
}

const (
	checkToken = "check SCS_TOKEN_FILE, SCS_TOKEN or SCS_PRINCIPAL"
	checkHost  = "check SCS_HOST and the proxy in front of the service"
)

// verdicts says what each reply to a POST of events asks for. Source: the responses of
// the operation postEvents in services/ingest/ingest.yaml of the SDK, v1.11.1, and for
// codes its test/integration/ingest_test.go; the others are what stands in front of
// the service (RFC 9110). A test compares the table with the specification.
var verdicts = []row{
	{200, "", accept, ""},
	{400, "INVALID_DATA", isolate, ""},
	{400, "", isolate, ""},
	{401, "", pause, checkToken},
	{403, "", pause, "give the token's owner the permission ingest.events.write in the tenant, or " + checkToken},
	{404, "", pause, "check SCS_TENANT and SCS_HOST: there is no such tenant there"},
	{408, "", retry, ""},
	{413, "", split, ""},
	{422, "", isolate, ""},
	{429, "", retry, ""},
	{500, "", retry, ""}, // it may have been taken: the ids tell
	{502, "", retry, ""},
	{503, "", retry, ""},
	{504, "", retry, ""},
}

// rowOf returns the row of the table, or what a status means that is not in it.
func rowOf(status int, code string) row {
	for _, r := range verdicts {
		if r.status == status && (r.code == code || r.code == "") {
			return r
		}
	}
	switch {
	case status >= 500:
		return row{ask: retry}
	case status >= 200 && status < 300:
		return row{ask: accept}
	}
	return row{ask: pause, hint: checkHost}
}

// reply is what the service answered to one request.
type reply struct {
	status        int
	code, message string
	failed        []failedEvent
	ours          bool   // it has the form of the service's replies
	page          bool   // it is a web page
	body          string // the beginning of what has another form
	retryAfter    time.Duration
}

// failedEvent is one of details.failedEvents in a reply to events that are not valid.
type failedEvent struct {
	Index   int    `json:"index"` // in the request, from 0
	Message string `json:"message"`
}

// parseReply reads an answer. The token is kept out of what is said of it.
func parseReply(resp *http.Response, body []byte, token string, now time.Time) *reply {
	r := &reply{status: resp.StatusCode, retryAfter: hec.RetryAfter(resp.Header.Get("Retry-After"), now)}
	body = bytes.TrimSpace(body)
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) == nil && members != nil {
		r.code = hec.Excerpt(text(members["code"]), token)
		r.message = hec.Excerpt(text(members["message"]), token)
		r.ours = r.code != "" || r.message != "" || onlyOptional(members)
		r.failed = failedEvents(members["details"], token)
		return r
	}
	r.page = len(body) > 0 && body[0] == '<'
	r.body = hec.Excerpt(string(body), token)
	return r
}

// text is a string, or a number as it stands.
func text(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	if _, err := strconv.ParseInt(string(value), 10, 64); err == nil {
		return string(value)
	}
	return ""
}

// onlyOptional reports whether an object has no member but those of the specification's
// HTTPResponse, all of which may be missing.
func onlyOptional(members map[string]json.RawMessage) bool {
	for name := range members {
		if name != "code" && name != "message" && name != "details" {
			return false
		}
	}
	return true
}

func failedEvents(details json.RawMessage, token string) []failedEvent {
	var d struct {
		Failed []failedEvent `json:"failedEvents"`
	}
	if json.Unmarshal(details, &d) != nil {
		return nil
	}
	slices.SortFunc(d.Failed, func(a, b failedEvent) int { return a.Index - b.Index })
	for i := range d.Failed {
		d.Failed[i].Message = hec.Excerpt(d.Failed[i].Message, token)
	}
	return d.Failed
}

// row judges the reply. What does not come from the service is no verdict on events.
func (r *reply) row() row {
	found := rowOf(r.status, r.code)
	switch {
	case found.ask == accept && (!r.ours || len(r.failed) > 0):
		return row{ask: unclear, hint: checkHost}
	case found.ask == isolate && !r.ours:
		return row{ask: pause, hint: checkHost}
	}
	return found
}

func (r *reply) String() string {
	said := strings.TrimSpace(fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)))
	switch {
	case r.code != "" && r.message != "":
		return said + " (" + r.code + ": " + r.message + ")"
	case r.code != "" || r.message != "":
		return said + " (" + r.code + r.message + ")"
	case r.page:
		return said + ", with a web page instead of a reply of the service"
	case !r.ours && r.body != "":
		return fmt.Sprintf("%s, but not a reply of the service: %q", said, r.body)
	}
	return said
}

// ambiguous reports whether the events may have been taken all the same.
func (r *reply) ambiguous() bool {
	return r.row().ask == unclear || r.status == 500 || r.status == 502 || r.status == 504
}

// key is what replies are counted by. Codes are not: nobody knows how many there are.
func (r *reply) key() string { return "http_" + strconv.Itoa(r.status) }
