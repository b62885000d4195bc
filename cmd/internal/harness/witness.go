package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
)

// witness is a body that tells which lines were in it once it was read to its
// end, whatever the receiver makes of them.
type witness struct {
	body io.ReadCloser
	gzip bool
	see  func(line string)
	got  bytes.Buffer
}

func (w *witness) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.got.Write(p[:n])
	if err == io.EOF {
		w.tell()
		w.got.Reset()
	}
	return n, err
}

func (w *witness) Close() error { return w.body.Close() }

// tell reports the lines of the body, as far as it can be read.
func (w *witness) tell() {
	var text io.Reader = &w.got
	if w.gzip {
		unpacked, err := gzip.NewReader(text)
		if err != nil {
			return
		}
		text = unpacked
	}
	var e struct {
		Sourcetype string          `json:"sourcetype"`
		Event      json.RawMessage `json:"event"`
	}
	for d := json.NewDecoder(text); d.Decode(&e) == nil; {
		if line, ok := lineOf(e.Sourcetype, e.Event); ok {
			w.see(line)
		}
	}
}
