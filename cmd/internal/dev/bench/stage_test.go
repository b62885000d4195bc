package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// The stages of a lane on the mix, each by itself and one on top of the other.
// All but the first read the lines from memory, again and again.

const stageLines = 50_000

func BenchmarkRead(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "ollama.log")
	if err := writeLog(path, 1, stageLines); err != nil {
		b.Fatal(err)
	}
	store, err := checkpoint.Open(filepath.Join(dir, "state"), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	chunk := input.Chunk{Buf: make([]byte, 256<<10)}
	perLine(b, func() {
		files, err := file.New(file.Options{Patterns: []string{path}, Store: store})
		if err != nil {
			b.Fatal(err)
		}
		ctx, stop := context.WithCancel(b.Context())
		found := make(chan input.Stream, 1)
		ended := make(chan error, 1)
		go func() {
			ended <- files.Run(ctx, func(s input.Stream) {
				select {
				case found <- s:
				default:
				}
			})
		}()
		lines := 0
		for s := <-found; lines < stageLines; {
			s.Read(&chunk)
			lines += len(chunk.Records)
		}
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := files.Close(); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	stage(b, func(*sourcetypes.Event) {}, func() {})
}

func BenchmarkEncode(b *testing.B) {
	enc := hec.NewEnvelope(hec.Origin{Host: host, Source: "/var/log/ollama/server.log"})
	var text []byte
	stage(b, func(ev *sourcetypes.Event) {
		if text = enc.Append(text, ev); len(text) > 32<<10 {
			text = text[:0]
		}
	}, func() {})
}

func BenchmarkBatch(b *testing.B) {
	enc := hec.NewEnvelope(hec.Origin{Host: host, Source: "/var/log/ollama/server.log"})
	build := batch.NewBuilder(batch.Limits{Bytes: 1 << 20, Events: 10_000}, true)
	stage(b, func(ev *sourcetypes.Event) { build.Add(enc, ev) }, func() {
		if build.Full() {
			build.Take()
		}
	})
}

// stage normalizes the mix with ollama:api off and on, and calls after behind
// each chunk.
func stage(b *testing.B, emit func(*sourcetypes.Event), after func()) {
	m, err := newMix(1)
	if err != nil {
		b.Fatal(err)
	}
	var text []byte
	var records []input.Record
	for range stageLines {
		line := m.next()
		start := len(text)
		text = append(text, line[:len(line)-1]...)
		records = append(records, input.Record{Text: text[start:len(text):len(text)]})
	}
	const chunk = 2400 // lines; about 256 KiB
	for _, api := range []bool{false, true} {
		b.Run(map[bool]string{false: "API_EVENTS=off", true: "API_EVENTS=on"}[api], func(b *testing.B) {
			o := &sourcetypes.Options{APIEvents: api, Prompts: sourcetypes.Off, Redact: sourcetypes.DefaultRedact()}
			n := sourcetypes.NewNormalizer(o, 0, input.Carry{}, emit)
			perLine(b, func() {
				for from := 0; from < len(records); from += chunk {
					n.AddAll(records[from:min(from+chunk, len(records))], nil)
					after()
				}
			})
		})
	}
}

// perLine reports what f costs for each of the stageLines.
func perLine(b *testing.B, f func()) {
	b.ReportAllocs()
	f() // buffers grow to their size
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/stageLines, "ns/line")
}
