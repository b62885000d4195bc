package receiver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
)

// All bodies together are bounded, packed or not, and what one leaves is for the next.
func TestBodiesInFlightAreBoundedTogether(t *testing.T) {
	const body = 1 << 20
	r := start(t, Options{MaxContentLength: body, MaxInFlight: 2 * body})
	// hold sends nearly all of a body and waits.
	hold := func() net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		fmt.Fprintf(
			conn,
			"POST /services/collector HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk x\r\nContent-Length: %d\r\n\r\n",
			body,
		)
		if _, err := io.CopyN(conn, zeros{}, body-1); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	held := []net.Conn{hold(), hold()}
	until(t, func() bool { return r.room.used.Load() > 3*body/2 })
	call{body: strings.Repeat(" ", body/2)}.expect(t, r, 503, `{"text":"Server is busy","code":9}`)
	call{body: zip(strings.Repeat(" ", body/2)), header: map[string]string{"Content-Encoding": "gzip"}}.
		expect(t, r, 503, `{"text":"Server is busy","code":9}`)
	if most := r.room.used.Load(); most > 2*body {
		t.Errorf("%d bytes are in flight, want at most %d", most, 2*body)
	}
	for _, conn := range held {
		fmt.Fprint(conn, "\x00")
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool { return r.room.used.Load() == 0 })
	call{body: two}.expect(t, r, 200, `{"text":"Success","code":0}`)
	if used := r.room.used.Load(); used != 0 {
		t.Errorf("%d bytes are in flight after all", used)
	}
}

func TestHostsOfOthersAreRefused(t *testing.T) {
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	any, one := start(t, Options{}), start(t, Options{Tokens: []Token{{Value: secret}}})
	for host, ours := range map[string]bool{
		"127.0.0.1:8088": true, "127.0.0.1": true, "[::1]:8088": true, "[::1]": true, "10.1.2.3": true, "localhost:1": true, "LOCALHOST": true,
		"localhost.": true, "hec.localhost:8088": true, "receiver": true, "receiver:8088": true, machine: true, machine + ":1": true,
		"evil.example": false, "evil.example:8088": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"127.0.0.1.nip.io:8088": false, `a.b"\<x>`: false, strings.Repeat("a.", 5000) + "b": false,
	} {
		for _, path := range []string{"/services/collector", "/services/collector/health", "/services/collector/ack", "/"} {
			conn, err := net.Dial("tcp", strings.TrimPrefix(any.URL(), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(
				conn,
				"POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Splunk x\r\nContent-Length: %d\r\n\r\n%s",
				path,
				host,
				len(two),
				two,
			)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(resp.Body)
			conn.Close()
			if err != nil {
				t.Fatal(err)
			}
			malformed := strings.HasPrefix(string(text), "400 Bad Request") // to Go's server already
			if refused := resp.StatusCode == http.StatusMisdirectedRequest || malformed; refused == ours {
				t.Errorf("%.40s %s: answered %d %s", host, path, resp.StatusCode, text)
			}
			var said struct{ Text string }
			if resp.StatusCode == http.StatusMisdirectedRequest &&
				(json.Unmarshal(text, &said) != nil || !strings.Contains(said.Text, "use 127.0.0.1 or localhost")) {
				t.Errorf("%.40s: says %s", host, text)
			}
		}
		req := call{auth: "Splunk " + secret, body: two}.request(t, one)
		req.Host = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`"\<>`, r) {
				return -1
			}
			return r
		}, host)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%.40s: with a token it answers %d", host, resp.StatusCode)
		}
	}
}

func TestNamesOfTheHostsFile(t *testing.T) {
	const file = "127.0.0.1 localhost # evil.example\n127.0.1.1\tgpu1.corp.example gpu1\n::1 six.example.\n10.0.0.1 far.example\n# 127.0.0.1 off.example\nbroken\n"
	for host, want := range map[string]bool{
		"gpu1.corp.example": true, "six.example": true, "far.example": false, "off.example": false, "evil.example": false, "corp.example": false,
	} {
		if got := loopbackIn(file, host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
