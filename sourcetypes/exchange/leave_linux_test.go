package exchange

import (
	"io"
	"net"
	"testing"
)

// TestLeaves: a client that closes while an answer is owed, and does not read it, has cut it, also where the
// server ends it in form; one that only asks no more and reads on has not.
func TestLeaves(t *testing.T) {
	f, client, w := scene(t)
	seen := make(chan struct{})
	f.stream = func(w io.Writer, flush func()) {
		_, _ = io.WriteString(w, token)
		flush()
		<-seen
		_, _ = io.WriteString(w, token) // which is sent with the end, before it is known that nobody reads it
	}
	begin := func() *net.TCPConn {
		c := client.Dial(t, serverAddress)
		if _, err := io.WriteString(c, post("/api/chat", askedChat)); err != nil {
			t.Fatal(err)
		}
		(&headReader{r: c}).until(t, `"done":false}`+"\n\r\n")
		return c
	}
	c := begin()
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	seen <- struct{}{}
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
	w.closed(1)

	c = begin()
	_ = c.Close() // all that came was read, so that this is no reset
	seen <- struct{}{}
	api, _ := w.all(2)
	if len(api) != 2 {
		t.Fatalf("%s", api)
	}
	has(t, "reads on", api[0], `"status":200`, `"chunks":2`, "!cut", "!partial")
	has(t, "has left", api[1], `"status":200`, `"cut":"client"`, "!partial", "!done_reason")
}
