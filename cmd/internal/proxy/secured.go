package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// handshakeWithin is how long a client may take to agree on TLS.
const handshakeWithin = 10 * time.Second

// secured is a connection with TLS, which begins when it is first read.
type secured struct {
	tapped
	once sync.Once
	err  error // of the handshake
}

// Read implements net.Conn.
func (c *secured) Read(p []byte) (int, error) {
	c.once.Do(c.handshake)
	if c.err != nil {
		return 0, c.err
	}
	return c.tapped.Read(p)
}

// handshake agrees on TLS. An error reads as the end of the connection, or the server would
// answer it.
func (c *secured) handshake() {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeWithin)
	defer cancel()
	err := c.Conn.(*tls.Conn).HandshakeContext(ctx)
	if err == nil {
		return
	}
	c.err = io.EOF
	log := c.tap.listener.proxy.options.Log
	log.Debug("a client did not agree on TLS", "client", c.RemoteAddr().String(), "error", err)
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && plain.Conn != nil && isHTTP(plain.RecordHeader) {
		answerPlain(plain.Conn)
	}
}

// isHTTP reports whether the first bytes of a connection are those of a plain request.
func isHTTP(first [5]byte) bool {
	switch string(first[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO", "DELET", "PATCH":
		return true
	}
	return false
}

// answerPlain tells a client that speaks no TLS that it has to.
func answerPlain(c net.Conn) {
	_, _ = io.WriteString(c, "HTTP/1.0 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"+
		`{"error":"this port takes https only: write https:// in the address, also in OLLAMA_HOST"}`) // or it has gone
}
