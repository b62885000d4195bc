package receiver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestBodiesAreBounded(t *testing.T) {
	gz := map[string]string{"Content-Encoding": "gzip"}
	big := `{"event":"` + strings.Repeat("a", 1000) + `"}`
	tests := []struct {
		name   string
		cloud  bool
		call   call
		status int
		want   string // "*": a page
	}{
		{"fits", false, call{body: big[:900] + `"}`}, 200, `{"text":"Success","code":0}`},
		{"length given", false, call{body: big}, 413, "*"},
		{"unpacked", false, call{header: gz, body: zip(big)}, 413, "*"},
		{"unpacked without end", false, call{header: gz, body: zip(strings.Repeat(" ", 8<<20))}, 413, "*"},
		{"raw", false, call{path: "/services/collector/raw", body: big}, 413, "*"},
		{"deflate", false, call{header: map[string]string{"Content-Encoding": "deflate"}, body: "x"}, 415, "*"},
		{"Cloud", true, call{body: big}, 400, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`},
		{
			"Cloud, unpacked",
			true,
			call{header: gz, body: zip(big)},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, countOnly := range []bool{false, true} {
				r := start(t, Options{MaxContentLength: 1000, Cloud: tt.cloud, CountOnly: countOnly})
				status, body := tt.call.do(t, r)
				if status != tt.status || tt.want != "*" && body != tt.want {
					t.Errorf("got  %d %s\nwant %d %s", status, body, tt.status, tt.want)
				}
				if tt.want == "*" && !strings.HasPrefix(body, "<!doctype html>") {
					t.Errorf("not a page: %s", body)
				}
				if status != 200 && r.Stats().Taken() != 0 {
					t.Error("taken all the same")
				}
			}
		})
	}
}

func TestAChunkedBodyIsBoundedToo(t *testing.T) {
	r := start(t, Options{MaxContentLength: 1000})
	req := call{}.request(t, r)
	req.Body, req.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 4000)), -1
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestALengthOverTheLimitIsRefusedBeforeTheBody(t *testing.T) {
	r := start(t, Options{MaxContentLength: 1000})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(
		conn,
		"POST /services/collector HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk x\r\nContent-Length: 1001\r\n\r\n",
	)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 413 {
		t.Errorf("answered %d", resp.StatusCode)
	}
}

func TestARefusalLeavesTheConnectionUsable(t *testing.T) {
	r := start(t, Options{Tokens: []Token{{Value: secret}}})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 2 {
		resp, err := client.Do(call{auth: "Splunk x", body: strings.Repeat(" ", 1<<20)}.request(t, r))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if got := r.Stats().Connections; got != 1 {
		t.Errorf("%d connections", got)
	}
}

func TestHeadersAreBounded(t *testing.T) {
	r := start(t, Options{})
	status, _ := call{body: two, header: map[string]string{"X": strings.Repeat("a", 100<<10)}}.do(t, r)
	if status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d", status)
	}
}
