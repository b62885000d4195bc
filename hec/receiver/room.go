package receiver

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
)

// errBusy: other bodies take all the room there is for bodies.
var errBusy = errors.New("too many bodies in flight")

// room is the memory that all bodies in flight may take together.
type room struct {
	max  int64
	used atomic.Int64
}

// take reserves n bytes, if there are so many.
func (r *room) take(n int64) bool {
	if r.used.Add(n) <= r.max {
		return true
	}
	r.used.Add(-n)
	return false
}

// leastRoom is what a body gets first; it then gets as much as it has, again and
// again.
const leastRoom = 32 << 10

// fill reads all of r, which ends within the limit, into body, and reserves the
// memory before it is used. The exchange gives it back when it is over.
func (x *exchange) fill(body *bytes.Buffer, r io.Reader, limit int64) error {
	for {
		if body.Available() == 0 {
			more := max(int64(body.Len()), leastRoom)
			more = min(more, max(limit+1-int64(body.Len()), 1))
			if !x.r.room.take(more) {
				return errBusy
			}
			x.reserved += more
			body.Grow(int(more))
		}
		free := body.AvailableBuffer()
		n, err := r.Read(free[:cap(free)])
		body.Write(free[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
