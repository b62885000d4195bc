package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// reference is the least a shipper must do, as plainly as it can be done: read, wrap each line
// in an envelope, escaping byte by byte, gzip level 1, discard. It parses nothing, sends nothing
// and saves no position. It prints the number of events.
func reference(_ context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("reference takes one file")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	events, err := wrap(f, io.Discard, args[0])
	if err != nil {
		return err
	}
	fmt.Println(events)
	return nil
}

const (
	referenceRead  = 256 << 10
	referenceBatch = 1 << 20
)

// wrap writes the lines of r to w as gzip members of envelopes.
func wrap(r io.Reader, w io.Writer, source string) (events int, err error) {
	zip, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return 0, err
	}
	head := fmt.Appendf(
		nil,
		`{"time":1732216541.541,"host":"%s","source":"%s","sourcetype":"ollama:server","event":"`,
		host,
		source,
	)
	buf := make([]byte, referenceRead)
	batch := make([]byte, 0, referenceBatch+referenceRead)
	send := func() error {
		if _, err := zip.Write(batch); err != nil {
			return err
		}
		batch = batch[:0]
		err := zip.Close()
		zip.Reset(w)
		return err
	}
	kept := 0 // bytes of a line whose end is not read yet
	for {
		n, err := r.Read(buf[kept:])
		data := buf[:kept+n]
		for {
			end := bytes.IndexByte(data, '\n')
			if end < 0 {
				break
			}
			batch = append(batch, head...)
			batch = escapeBytes(batch, data[:end])
			batch = append(batch, '"', '}')
			data = data[end+1:]
			events++
			if len(batch) >= referenceBatch {
				if err := send(); err != nil {
					return events, err
				}
			}
		}
		kept = copy(buf, data)
		switch {
		case err == io.EOF:
			return events, send()
		case err != nil:
			return events, err
		case kept == len(buf):
			return events, errors.New("a line longer than the buffer")
		}
	}
}

// escapeBytes escapes a JSON string one byte after the other.
func escapeBytes(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
