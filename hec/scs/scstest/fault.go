package scstest

import (
	"fmt"
	"io"
	"net/http"
)

// Fault is how a request fails.
type Fault struct {
	Status        int
	Code, Message string // of a reply as the specification has it
	Details       any
	Body          string // in place of such a reply
	Header        http.Header

	Take bool // the request is served all the same, and only the reply is this one
	Drop bool // the connection is cut in place of a reply
	Hang bool // no reply comes until the client goes
}

// FaultFunc says how a request fails; nil: it does not.
type FaultFunc func(*Request) *Fault

// Always is a fault of every request of an operation.
func Always(operation string, f Fault) FaultFunc {
	return func(r *Request) *Fault {
		if r.Operation != operation {
			return nil
		}
		return &f
	}
}

// First is a fault of the first n requests of an operation.
func First(n int, operation string, f Fault) FaultFunc {
	return func(r *Request) *Fault {
		if r.Operation != operation || r.N >= n {
			return nil
		}
		return &f
	}
}

func (s *Service) fail(x *exchange, f *Fault) {
	if f.Hang {
		select {
		case <-x.request.Context().Done():
		case <-s.done:
		}
	}
	if f.Drop || f.Hang {
		panic(http.ErrAbortHandler) // the server cuts the connection and says nothing
	}
	for name, values := range f.Header {
		x.Header()[name] = values
	}
	if f.Body == "" && f.Code == "" && f.Message == "" && f.Details == nil {
		f = &Fault{Status: f.Status, Code: fmt.Sprintf("CODE_%d", f.Status), Message: http.StatusText(f.Status)}
	}
	if f.Body != "" {
		x.WriteHeader(f.Status)
		_, _ = io.WriteString(x, f.Body) // the client may have gone
		return
	}
	x.refuse(f.Status, f.Code, f.Message, f.Details)
}
