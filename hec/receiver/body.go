package receiver

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"

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
	x *exchange
	r io.Reader
}

func (s *slow) Read(p []byte) (int, error) {
	if !s.x.wait(s.x.fault.Pause) {
		return 0, errLost
	}
	return s.r.Read(p[:min(len(p), 4<<10)])
}

var inflaters sync.Pool

// unpack hands the unpacked body to use. The limit holds for the bytes on the
// wire and for what they unpack to.
func (x *exchange) unpack(limit int64, use func(io.Reader) error) error {
	if x.req.ContentLength > limit {
		return errTooLarge
	}
	packed := &wire{r: x.req.Body, limit: limit}
	if x.fault.Pause > 0 {
		packed.r = &slow{x: x, r: packed.r}
	}
	plain := &wire{r: packed, limit: limit}
	var err error
	switch strings.ToLower(x.req.Header.Get("Content-Encoding")) {
	case "", "identity":
		err = use(plain)
	case "gzip":
		err = inflate(packed, plain, use)
	default:
		err = errEncoding
	}
	x.r.stats.body(packed.n, plain.n)
	if packed.err != nil && !errors.Is(packed.err, errTooLarge) {
		return errLost
	}
	return err
}

func inflate(packed, plain *wire, use func(io.Reader) error) error {
	z, _ := inflaters.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	defer inflaters.Put(z)
	if err := z.Reset(packed); errors.Is(err, io.EOF) && packed.n == 0 {
		return nil // nothing at all is no data, not bad data
	} else if err != nil {
		return err
	}
	plain.r = z
	return use(plain)
}

// read is the whole unpacked body, the caller's to keep.
func (x *exchange) read(limit int64) ([]byte, error) {
	var body bytes.Buffer
	err := x.unpack(limit, func(r io.Reader) error {
		return x.fill(&body, r, limit)
	})
	return body.Bytes(), err
}
