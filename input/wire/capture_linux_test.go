package wire

import (
	"context"
	"sync"
	"testing"

	"ollama-hec/input/netnstest"
)

// capture is a socket that reads in a namespace.
type capture struct {
	*Socket
	*book
	stop func() // and wait for its end
}

// read opens a socket in the namespace and reads until the test ends or stop is called.
func read(t testing.TB, ns netnstest.Namespace, ports []uint16, interfaces ...string) *capture {
	t.Helper()
	c := &capture{book: newBook()}
	ns.Do(t, func() (err error) {
		c.Socket, err = Listen(ports, interfaces)
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := ns.Start(func() error { return c.Run(ctx, c.open) })
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(c.stop)
	return c
}
