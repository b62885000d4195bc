package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/input"
	"ollama-hec/input/discover"
	"ollama-hec/input/framing"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes"
)

// namedLog is a log that the command line names, with the source and fields that run would
// give its events.
type namedLog struct {
	path   string // - is standard input
	source string
	fields []input.Field
}

// namedLogs checks that every log can be read, before anything is printed.
func namedLogs(paths []string) ([]namedLog, error) {
	var logs []namedLog
	for _, path := range paths {
		if path == "-" {
			logs = append(logs, namedLog{path: path, source: "stdin"})
			continue
		}
		source, err := filepath.Abs(path)
		if err == nil {
			err = readable(path)
		}
		if err != nil {
			return nil, &settings.Error{Setting: "FILE", Problem: terminal.Text(err.Error())}
		}
		logs = append(logs, namedLog{path, source, discover.Fields(source)})
	}
	return logs, nil
}

// readable returns why a log cannot be read, or nil. It does not open a pipe: that can be
// opened only once.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("got %q, a directory, want log files, such as %s", path, filepath.Join(path, "*.log"))
	case !info.Mode().IsRegular():
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// read is a log that was read, as far as it could be.
type read struct {
	lines *stdin.Source
	norm  *sourcetypes.Normalizer
}

// read normalizes the log to its end, or to an error; what was read until then is counted.
func (l namedLog) read(
	ctx context.Context, s *settings.Settings, in io.Reader, emit func(*sourcetypes.Event),
) (*read, error) {
	opened, err := l.open(in)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	return l.normalize(ctx, s, opened, sourcetypes.NewNormalizer(s.Normalize(), 0, input.Carry{}, emit))
}

// normalize reads opened to its end, or to an error, into norm.
func (l namedLog) normalize(
	ctx context.Context, s *settings.Settings, opened io.Reader, norm *sourcetypes.Normalizer,
) (*read, error) {
	text := &remembering{Reader: opened}
	r := &read{
		lines: stdin.New(stdin.Options{
			Reader: text, MaxLine: int(s.MaxLineBytes), Log: slog.New(slog.DiscardHandler), Written: l.written,
			Frames: framing.Options{Named: framing.NamedForOllama(l.path), Zone: s.Timezone.Location},
		}),
		norm: norm,
	}
	switch err := recognition.Normalize(ctx, r.lines, r.norm); {
	case err != nil:
		return r, err
	case ctx.Err() != nil:
		return r, ctx.Err()
	case text.err != nil:
		return r, fmt.Errorf("read %s: %w", terminal.Text(l.source), text.err)
	}
	return r, nil
}

// written is when the log was last written to, in nanoseconds since 1970; 0 if it is no file.
func (l namedLog) written() int64 {
	info, err := os.Stat(l.path)
	if l.path == "-" || err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.ModTime().UnixNano()
}

// open opens the log, and unpacks it if its name ends in .gz.
func (l namedLog) open(stdin io.Reader) (io.ReadCloser, error) {
	if l.path == "-" {
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(l.path)
	if err != nil || filepath.Ext(l.path) != ".gz" {
		return f, err
	}
	text, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("unpack %s: %w", terminal.Text(l.source), err)
	}
	return unpacked{text, f}, nil
}

// unpacked is the unpacked text of a gzipped file.
type unpacked struct {
	io.Reader
	io.Closer // the file's
}

// remembering keeps the error that a Reader ends with, unless that is io.EOF. Look at it
// only after the last Read.
type remembering struct {
	io.Reader
	err error
}

func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
