package receiver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// errTooLarge: a body is over the limit, on the wire or unpacked.
var errTooLarge = errors.New("body too large")

// errEncoding: a body is packed in a way HEC does not know.
var errEncoding = errors.New("unknown content encoding")

// errLost: the connection broke before the body was complete.
var errLost = errors.New("body not received")

// wire counts the bytes of a body as they arrive and stops past the limit.
type wire struct {
	r     io.Reader
	n     int64
	limit int64
	err   error // why reading stopped before the end
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.n += int64(n)
	if w.n > w.limit {
		n, err = 0, errTooLarge
	}
	if err != io.EOF {
		w.err = err
	}
	return n, err
}

// slow waits before each small read, so that the client has to.
type slow struct {
	ctx   context.Context
	r     io.Reader
	pause time.Duration
}

func (s *slow) Read(p []byte) (int, error) {
	if !wait(s.ctx, s.pause) {
		return 0, s.ctx.Err()
	}
	return s.r.Read(p[:min(len(p), 4<<10)])
}

// wait reports false if ctx ended first.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

var inflaters sync.Pool

// unpack hands the unpacked body to use and counts what it read. The limit
// holds for the bytes on the wire and for what they unpack to.
func unpack(ctx context.Context, req *http.Request, limit int64, pause time.Duration, use func(io.Reader) error) (onWire, unpacked int64, err error) {
	if req.ContentLength > limit {
		return 0, 0, errTooLarge
	}
	w := &wire{r: req.Body, limit: limit}
	if pause > 0 {
		w.r = &slow{ctx: ctx, r: w.r, pause: pause}
	}
	plain := &wire{r: w, limit: limit}
	switch encoding := strings.ToLower(req.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		err = use(plain)
	case "gzip":
		z, _ := inflaters.Get().(*gzip.Reader)
		if z == nil {
			z = new(gzip.Reader)
		}
		defer inflaters.Put(z)
		if err = z.Reset(w); err == nil {
			plain.r = z
			err = use(plain)
		} else if err == io.EOF && w.n == 0 {
			err = nil // nothing at all is no data, not bad data
		}
	default:
		err = errEncoding
	}
	switch {
	case w.err == errTooLarge, plain.err == errTooLarge:
		err = errTooLarge
	case w.err != nil:
		err = errLost
	}
	return w.n, plain.n, err
}

// read is the whole unpacked body, the caller's to keep.
func (x *exchange) read(limit int64) ([]byte, error) {
	var body bytes.Buffer
	onWire, unpacked, err := unpack(x.ctx, x.req, limit, x.fault.Pause, func(r io.Reader) error {
		_, err := body.ReadFrom(r)
		return err
	})
	x.r.stats.body(onWire, unpacked)
	return body.Bytes(), err
}
