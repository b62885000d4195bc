package receiver

import (
	"net/http"
	"strconv"
)

// codes are the answers HEC knows: the HTTP status and the text of each.
var codes = [...]struct {
	status int
	text   string
}{
	0:  {http.StatusOK, "Success"},
	1:  {http.StatusForbidden, "Token disabled"},
	2:  {http.StatusUnauthorized, "Token is required"},
	3:  {http.StatusUnauthorized, "Invalid authorization"},
	4:  {http.StatusForbidden, "Invalid token"},
	5:  {http.StatusBadRequest, "No data"},
	6:  {http.StatusBadRequest, "Invalid data format"},
	7:  {http.StatusBadRequest, "Incorrect index"},
	8:  {http.StatusInternalServerError, "Internal server error"},
	9:  {http.StatusServiceUnavailable, "Server is busy"},
	10: {http.StatusBadRequest, "Data channel is missing"},
	11: {http.StatusBadRequest, "Invalid data channel"},
	12: {http.StatusBadRequest, "Event field is required"},
	13: {http.StatusBadRequest, "Event field cannot be blank"},
	14: {http.StatusBadRequest, "ACK is disabled"},
	15: {http.StatusBadRequest, "Error in handling indexed fields"},
	16: {http.StatusBadRequest, "Query string authorization is not enabled"},
	17: {http.StatusOK, "HEC is healthy"},
	18: {http.StatusServiceUnavailable, "HEC is unhealthy, queues are full"},
	19: {http.StatusServiceUnavailable, "HEC is unhealthy, ack service unavailable"},
	20: {http.StatusServiceUnavailable, "HEC is unhealthy, queues are full, ack service unavailable"},
	21: {http.StatusBadRequest, "Invalid token"},
	22: {http.StatusBadRequest, "Token disabled"},
	23: {http.StatusServiceUnavailable, "Server is shutting down"},
	24: {http.StatusOK, "HEC queue is approaching its capacity limit"},
	25: {http.StatusOK, "HEC ACK is approaching its capacity limit"},
	26: {http.StatusTooManyRequests, "HEC queue is at capacity and cannot process any more requests"},
	27: {http.StatusTooManyRequests, "HEC ACK channel is at capacity and cannot process any more requests"},
	28: {
		http.StatusBadRequest,
		"Data channel is missing. If you have multiple indexers, sticky session load balancers must be provisioned and client requests must be routed accordingly.",
	},
}

const (
	codeSuccess        = 0
	codeDisabled       = 1
	codeNoToken        = 2
	codeBadAuth        = 3
	codeBadToken       = 4
	codeNoData         = 5
	codeBadFormat      = 6
	codeBadIndex       = 7
	codeInternal       = 8
	codeBusy           = 9
	codeNoChannel      = 10
	codeBadChannel     = 11
	codeNoEvent        = 12
	codeBlankEvent     = 13
	codeAckDisabled    = 14
	codeBadFields      = 15
	codeQueryAuth      = 16
	codeHealthy        = 17
	codeShuttingDown   = 23
	codeQueueNear      = 24
	codeAckNear        = 25
	codeAckFull        = 27
	codeNoCloudChannel = 28
)

// reply is one answer on its way to the client.
type reply struct {
	code   int   // of HEC; -1: none, the body says nothing of it
	number int   // invalid-event-number; -1: none
	ack    int64 // ackId; -1: none

	status int    // replaces the status of code
	kind   string // Content-Type where body replaces the text of code
	body   string
	early  bool // the answer does not wait for the rest of the body
	gone   bool // the connection is lost, nothing can be said any more
}

func answer(code int) reply { return reply{code: code, number: -1, ack: -1} }

// bare is an answer that is not HEC's, as a proxy or the HTTP layer gives.
func bare(status int, kind, body string) reply {
	return reply{code: -1, number: -1, ack: -1, status: status, kind: kind, body: body}
}

// page is what splunkd's HTTP layer says where HEC was not asked.
func page(status int) reply {
	text := http.StatusText(status)
	return bare(status, "text/html; charset=UTF-8", "<!doctype html><html><head><title>"+
		strconv.Itoa(status)+" "+text+"</title></head><body><h1>"+text+"</h1></body></html>\n")
}

// notFound is what splunkd says to an unknown path (404) and to a wrong method (405).
func notFound(status int) reply {
	return bare(status, contentJSON, `{"text":"The requested URL was not found on this server.","code":404}`)
}

const contentJSON = "application/json; charset=UTF-8"

func (r reply) httpStatus() int {
	if r.status != 0 {
		return r.status
	}
	return codes[r.code].status
}

// content is the body of the answer and its type.
func (r reply) content() (kind string, body []byte) {
	if r.code < 0 || r.body != "" {
		return r.kind, []byte(r.body)
	}
	b := append([]byte(`{"text":"`), codes[r.code].text...)
	b = strconv.AppendInt(append(b, `","code":`...), int64(r.code), 10)
	if r.number >= 0 {
		b = strconv.AppendInt(append(b, `,"invalid-event-number":`...), int64(r.number), 10)
	}
	if r.ack >= 0 {
		b = strconv.AppendInt(append(b, `,"ackId":`...), r.ack, 10)
	}
	return contentJSON, append(b, '}')
}
