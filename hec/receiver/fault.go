package receiver

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Point is where in a request a fault happens.
type Point uint8

const (
	// Read: the body was read, nothing of it is taken.
	Read Point = iota
	// Unread: not a byte of the body was read.
	Unread
	// Taken: the events are taken and written, the acks are given out; only
	// the reply is due.
	Taken
)

// Fault is how one request goes wrong. The zero Fault is none.
type Fault struct {
	At Point

	// What happens there, the first that is set:

	// Hang says nothing until the client goes, the receiver closes, or ten minutes.
	Hang bool
	// Reset drops the connection with a TCP RST.
	Reset bool
	// Code answers with a code of HEC. With 24 and 25 the events are taken
	// whatever At says, for these are successes.
	Code int
	// Status answers with this HTTP status: under Code, or else bare, with
	// Body as its text (a page of HTML if that is empty, nothing at all if Blank).
	Status int
	Body   string
	Blank  bool

	// What goes with it, or with an otherwise good answer:

	// Invalid is the invalid-event-number given with Code; the events before it are taken.
	Invalid *int
	// Header is added to the answer: Retry-After, Location, Set-Cookie, …
	Header http.Header
	// Cut sends half of the answer and closes the connection.
	Cut bool
	// Close ends the connection after the answer.
	Close bool
	// Pause is waited before each 4 KiB read of the body.
	Pause time.Duration
	// Lose answers with success, and an ackId, but takes nothing.
	Lose bool
	// AckDelay is added before the events count as indexed; negative: never.
	AckDelay time.Duration
	// Restart forgets channels and acks before anything else.
	Restart bool
}

// Request is what a fault is chosen by. HTTP.Body is not to be touched.
type Request struct {
	HTTP     *http.Request
	Endpoint Endpoint
	// N is how many requests the receiver had before on this endpoint.
	N uint64
}

// FaultFunc chooses the fault of a request. It is called by many at once.
type FaultFunc func(*Request) Fault

// Plan gives the faults to the first submissions in turn, and none afterwards.
func Plan(faults ...Fault) FaultFunc {
	var mu sync.Mutex
	return Submissions(func(*Request) (f Fault) {
		mu.Lock()
		defer mu.Unlock()
		if len(faults) > 0 {
			f, faults = faults[0], faults[1:]
		}
		return f
	})
}

// Always gives the same fault to every submission.
func Always(f Fault) FaultFunc {
	return Submissions(func(*Request) Fault { return f })
}

// Chance gives one of the faults to a share of the submissions, 0 to 1, drawn
// from seed: the n-th draw is the same in every run.
func Chance(seed uint64, share float64, faults ...Fault) FaultFunc {
	var mu sync.Mutex
	draw := rand.New(rand.NewPCG(seed, 0))
	return Submissions(func(*Request) Fault {
		mu.Lock()
		defer mu.Unlock()
		if draw.Float64() >= share {
			return Fault{}
		}
		return faults[draw.IntN(len(faults))]
	})
}

// Submissions keeps a FaultFunc from ack queries and health checks.
func Submissions(choose FaultFunc) FaultFunc {
	return func(req *Request) Fault {
		if req.Endpoint != EndpointEvent && req.Endpoint != EndpointRaw {
			return Fault{}
		}
		return choose(req)
	}
}

// On keeps a FaultFunc to one endpoint.
func On(endpoint Endpoint, choose FaultFunc) FaultFunc {
	return func(req *Request) Fault {
		if req.Endpoint != endpoint {
			return Fault{}
		}
		return choose(req)
	}
}

// hitsAt reports whether the fault happens at p.
func (f Fault) hitsAt(p Point) bool {
	at := f.At
	if f.accepts() {
		at = Taken
	}
	return at == p && (f.Hang || f.Reset || f.Code != 0 || f.Status != 0)
}

// accepts: the answer speaks of events taken.
func (f Fault) accepts() bool {
	return f.Invalid != nil || f.Code == codeQueueNear || f.Code == codeAckNear
}
