package wire

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
	"unsafe"

	"ollama-hec/input/netnstest"
)

func ptr(b []byte) unsafe.Pointer { return unsafe.Pointer(&b[0]) }

// converse asks something over each of several connections at once, and takes the answers.
func converse(t testing.TB, ns netnstest.Namespace, address string, ask func(io.Writer), connections int) {
	t.Helper()
	var all sync.WaitGroup
	for range connections {
		var c net.Conn
		ns.Do(t, func() (err error) {
			c, err = net.Dial("tcp", address)
			return err
		})
		all.Go(func() {
			defer c.Close()
			ask(c)
			_, _ = io.Copy(io.Discard, c)
		})
	}
	all.Wait()
}

// tokens answers with n tokens, so many in a second.
func tokens(n int, perSecond int) func(net.Conn) {
	token := []byte(fmt.Sprintf("%-120s\n", `{"model":"m","created_at":"2026-01-01T00:00:00Z","response":"word","done":false}`))
	return func(c net.Conn) {
		defer c.Close()
		_, _ = c.Read(make([]byte, 100))
		tick := time.NewTicker(time.Second / time.Duration(perSecond))
		defer tick.Stop()
		for range n {
			<-tick.C
			_, _ = c.Write(token)
		}
	}
}

func briefly(w io.Writer) { _, _ = io.WriteString(w, "ask") }

// bulk answers with n bytes.
func bulk(n int) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		_, _ = c.Read(make([]byte, 100))
		lengthy(n)(c)
	}
}

// lengthy says n bytes.
func lengthy(n int) func(io.Writer) {
	return func(w io.Writer) {
		piece := make([]byte, 1<<20)
		for sent := 0; sent < n; sent += len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
}

// taking takes n bytes.
func taking(n int64) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		_, _ = io.CopyN(io.Discard, c, n)
	}
}

// BenchmarkStreams: 20 answers of 200 tokens a second for 5 s; CPU of one core, beside plain recvfrom.
func BenchmarkStreams(b *testing.B) {
	const streams, perSecond, seconds = 20, 200, 5
	benchmark(b, briefly, tokens(perSecond*seconds, perSecond), streams, seconds*time.Second)
}

// BenchmarkGigabyte: 1 GB as fast as it goes.
func BenchmarkGigabyte(b *testing.B) { benchmark(b, briefly, bulk(1<<30), 1, 0) }

// BenchmarkUpload: the same from a client, whose words are kept in mind for a moment.
func BenchmarkUpload(b *testing.B) { benchmark(b, lengthy(1<<30), taking(1<<30), 1, 0) }

// benchmark lets a capture and a plain reader see the same traffic at the same time.
func benchmark(b *testing.B, ask func(io.Writer), answer func(net.Conn), connections int, lasts time.Duration) {
	client, server := netnstest.Cable(b)
	serve(b, server, "203.0.113.1:11434", answer)
	for b.Loop() {
		capture, plain := startChild(b, server, childCapture, nil), startChild(b, server, childPlain, nil)
		converse(b, client, "203.0.113.1:11434", ask, connections)
		got, own := capture.end(b)
		least, reference := plain.end(b)
		all := got.Said[0] + got.Said[1]
		b.ReportMetric(float64(own)/float64(reference), "ratio-to-plain")
		b.ReportMetric(float64(got.Memory)/(1<<20), "MiB-RSS")
		b.ReportMetric(float64(least.Memory)/(1<<20), "MiB-RSS-plain")
		b.ReportMetric(float64(got.Stats.Dropped), "dropped")
		b.ReportMetric(float64(least.Stats.Dropped), "dropped-plain")
		b.ReportMetric(float64(got.Stats.LostBytes), "lost-bytes")
		b.ReportMetric(float64(got.Stats.Packets), "packets")
		if lasts > 0 {
			b.ReportMetric(100*own.Seconds()/lasts.Seconds(), "%-of-a-core")
		} else {
			b.ReportMetric(own.Seconds()*1000/(float64(all+int64(got.Stats.LostBytes))/1e6), "ms-CPU/MB")
		}
	}
}
