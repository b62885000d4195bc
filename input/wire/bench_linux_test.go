package wire

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
	"unsafe"
)

func ptr(b []byte) unsafe.Pointer { return unsafe.Pointer(&b[0]) }

// pair makes two namespaces with a cable between them; the server is 203.0.113.1.
func pair(t testing.TB) (client, server namespace) {
	t.Helper()
	client, server = newNamespace(t), newNamespace(t)
	client.ip(t, "link add v0 type veth peer name v1 netns "+string(server))
	client.ip(t, "addr add 203.0.113.77/24 dev v0")
	client.ip(t, "link set v0 up")
	server.ip(t, "addr add 203.0.113.1/24 dev v1")
	server.ip(t, "link set v1 up")
	return client, server
}

// download asks for n bytes over each of several connections at once.
func (ns namespace) download(t testing.TB, address string, connections int) {
	t.Helper()
	var all sync.WaitGroup
	for range connections {
		var c net.Conn
		ns.do(t, func() (err error) {
			c, err = net.Dial("tcp", address)
			return err
		})
		all.Go(func() {
			defer c.Close()
			_, _ = io.WriteString(c, "ask")
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

// bulk answers with n bytes.
func bulk(n int) func(net.Conn) {
	return func(c net.Conn) {
		defer c.Close()
		_, _ = c.Read(make([]byte, 100))
		piece := make([]byte, 1<<20)
		for sent := 0; sent < n; sent += len(piece) {
			if _, err := c.Write(piece); err != nil {
				return
			}
		}
	}
}

// BenchmarkStreams: 20 answers of 200 tokens a second for 5 s; CPU of one core, beside plain recvfrom.
func BenchmarkStreams(b *testing.B) {
	const streams, perSecond, seconds = 20, 200, 5
	benchmark(b, tokens(perSecond*seconds, perSecond), streams, seconds*time.Second)
}

// BenchmarkGigabyte: 1 GB as fast as it goes.
func BenchmarkGigabyte(b *testing.B) { benchmark(b, bulk(1<<30), 1, 0) }

// benchmark lets a capture and a plain reader see the same traffic at the same time.
func benchmark(b *testing.B, answer func(net.Conn), connections int, lasts time.Duration) {
	client, server := pair(b)
	server.serve(b, "203.0.113.1:11434", answer)
	for b.Loop() {
		capture, plain := server.child(b, childCapture, nil), server.child(b, childPlain, nil)
		client.download(b, "203.0.113.1:11434", connections)
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
