package exchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
)

// served is what a server of Go made of a request.
type served struct{ method, path, query, model, prompt string }

// oneConn is a listener with one connection.
type oneConn struct {
	conn chan net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// saidAll is a connection whose client has said all at once, and keeps what it is answered.
type saidAll struct {
	in     *strings.Reader
	out    strings.Builder
	closed chan struct{}
}

func (s *saidAll) Read(p []byte) (int, error)       { return s.in.Read(p) }
func (s *saidAll) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (s *saidAll) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *saidAll) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *saidAll) SetDeadline(time.Time) error      { return nil }
func (s *saidAll) SetReadDeadline(time.Time) error  { return nil }
func (s *saidAll) SetWriteDeadline(time.Time) error { return nil }
func (s *saidAll) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

// serve has a server of Go read what a client says, as Ollama does, and returns what it took and what it answered.
func serve(client string) (took []served, answers string) {
	l := &oneConn{make(chan net.Conn, 1), make(chan struct{})}
	server := http.Server{
		ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var asked struct{ Model, Prompt string }
			if r.Method == "POST" && json.NewDecoder(r.Body).Decode(&asked) != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			took = append(took, served{r.Method, r.URL.Path, r.URL.RawQuery, asked.Model, asked.Prompt})
			w.Header().Set("Content-Type", jsonUTF8)
			fmt.Fprintf(w, `{"model":%q,"response":"","done":true,"total_duration":%d}`, asked.Model, len(took))
		}),
	}
	conn := &saidAll{in: strings.NewReader(client), closed: make(chan struct{})}
	l.conn <- conn
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(l) }()
	<-conn.closed
	close(l.done)
	<-ended
	return took, conn.out.String()
}

// hostile is what somebody says who wants to be understood by the server and by nobody else.
func hostile(random *rand.Rand) string {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	seldom := func(text string) string {
		if random.IntN(6) == 0 {
			return text
		}
		return ""
	}
	var b strings.Builder
	for n := range 1 + random.IntN(3) {
		end := pick("\r\n", "\r\n", "\r\n", "\n")
		body := fmt.Sprintf(`{"model":"m%d","prompt":"secret number %d"}%s`, n, n, pick("", "", " ", "\n", `{"model":"x"}`, "trailing"))
		b.WriteString(seldom(pick("\r\n", "\n", "\r\n\r\n")))
		method := pick("POST", "POST", "POST", "GET", "HEAD", "DELETE", "post", "X-Y")
		b.WriteString(method + " " + pick("/api/generate", "/api/generate", "/api/generate?x=1", "/api/%67enerate", "//api/generate", "http://h/api/generate", "*") +
			" " + pick("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.9", "HTTP/2.0") + end)
		b.WriteString(pick("Host: a", "Host: a", "host:a", "HOST:\t a ") + end)
		fields := []string{}
		size := fmt.Sprint(len(body))
		chunked := false
		switch random.IntN(8) {
		case 0, 1:
			fields = append(fields, pick("Content-Length: ", "content-length:", "CONTENT-LENGTH:\t ", "Content-Length:"+strings.Repeat(" ", 3000))+
				pick("", "", "0", strings.Repeat("0", 30), strings.Repeat("0", 9000), "+")+size+pick("", "", " ", "\t"))
		case 2:
			fields = append(fields, "Content-Length: "+size, "Content-Length: "+pick(size, "0"+size, "1"))
		case 3:
			fields = append(fields, "Content-Length:"+end+pick(" ", "\t", strings.Repeat(" ", 9000))+size)
		case 4:
			fields = append(fields, "Transfer-Encoding: "+pick("chunked", "Chunked", " chunked ", "identity", "gzip, chunked", ""),
				pick("Content-Length: 5", "Content-Length: abc", "Content-Length: 5"+end+"Content-Length: 6", "X: y"))
			chunked = true
		case 5:
			fields = append(fields, pick("Content-Length: 5", "X: y"), "Transfer-Encoding:"+pick(" ", end+" ", strings.Repeat("\t", 9000))+"chunked")
			chunked = true
		default:
			fields = append(fields, "Transfer-Encoding: chunked"+seldom(end+"Transfer-Encoding: chunked"))
			chunked = true
		}
		fields = append(fields, seldom("Content-Type: text/plain"+end)+"A: b", seldom("Expect: 100-continue"+end)+"C: "+seldom(strings.Repeat("d", 9000)),
			seldom("Connection: "+pick("close", "keep-alive")+end)+"E:f")
		random.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		b.WriteString(strings.Join(fields, end) + end + end)
		if !chunked {
			b.WriteString(body)
			continue
		}
		for len(body) > 0 {
			n := min(len(body), 1+random.IntN(40))
			digits := fmt.Sprintf(pick("%x", "%x", "%X", "%015x", "%016x", "%017x", "%0300x"), n)
			if random.IntN(12) == 0 {
				digits = pick("7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "10000000000000000")
			}
			b.WriteString(digits + pick("", "", "", ";a=b", " ;a", ";"+strings.Repeat("x", 3000), " ", "\t") + end + body[:n] + pick("\r\n", "\r\n", "\r\n", end))
			body = body[n:]
		}
		b.WriteString(pick("0", "0", "0000000000000000", "0;x") + end + seldom("Trailer: x"+end) + end)
	}
	return b.String()
}

// shortly is a text quoted, without what is repeated in it.
func shortly(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		n := 1
		for i+n < len(text) && text[i+n] == text[i] {
			n++
		}
		if n > 20 {
			fmt.Fprintf(&b, "%c{%d}", text[i], n)
		} else {
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	return fmt.Sprintf("%q", b.String())
}

// checkServed compares what is told of what a client says with what a server of Go took of it: nothing that it
// took is hidden.
func checkServed(t *testing.T, client string, pieces int) {
	t.Helper()
	took, answers := serve(client)
	o := defaults()
	o.Prompts, o.Redact = sourcetypes.Full, sourcetypes.Redact{}
	s := talkTo(o)
	for rest := client; rest != ""; {
		n := min(pieces, len(rest))
		s.client(rest[:n])
		rest = rest[n:]
	}
	s.server(answers)
	s.Closed(wire.FromServer, start)
	s.Done(wire.EndFIN, wire.FromServer, start)
	all := strings.Join(s.records, "\n")
	prompts := 0
	for i, r := range took {
		if r.method == "POST" && r.prompt != "" && r.path == "/api/generate" {
			prompts++
			if !strings.Contains(all, string(sourcetypes.AppendString([]byte(`"prompt":`), []byte(r.prompt)))) {
				t.Fatalf("request %d, %+v, is hidden\n%s\n%q\n%s", i, r, shortly(client), answers, all)
			}
		}
	}
	api := 0
	for _, r := range s.records {
		if strings.HasPrefix(r, "ollama:api") && strings.Contains(r, `"status":200`) {
			api++
		}
	}
	if whole := len(took); api != whole && !strings.Contains(all, "partial") {
		t.Fatalf("%d requests were answered with 200, %d are told so\n%s\n%q\n%s", whole, api, shortly(client), answers, all)
	}
	if _, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answers)), nil); err != nil && len(took) > 0 {
		t.Fatal(err)
	}
}

// What a server of Go takes is told, however it is said.
func TestNothingIsHidden(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 5))
		checkServed(t, hostile(random), 1+random.IntN(4000))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func FuzzServer(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(hostile(rand.New(rand.NewPCG(seed, 5))), uint(1+seed*7))
	}
	f.Fuzz(func(t *testing.T, client string, pieces uint) {
		if len(client) < 1<<16 {
			checkServed(t, client, int(1+pieces%5000))
		}
	})
}

// TestChunkSizes: the sizes that a server of Go takes, and no others.
func TestChunkSizes(t *testing.T) {
	for line, want := range map[string]int64{
		"5": 5, "5;x": 5, "a \t": 10, "0000000000000023": 0x23, "00000000000000023": -1, "": -1, ";x": -1, "x": -1,
		"7fffffffffffffff": 1<<63 - 1, "8000000000000000": 1<<63 - 1, "ffffffffffffffff": 1<<63 - 1, "-1": -1, "0x5": -1,
	} {
		size, ok := parseChunkSize([]byte(line))
		if !ok {
			size = -1
		}
		if size != want {
			t.Errorf("%q is %d, want %d", line, size, want)
		}
	}
}

// A prompt in a chunk that never ends is told: the server has it long before.
func TestChunkWithoutEnd(t *testing.T) {
	const body = `{"model":"m","prompt":"what is up"}`
	for _, size := range []string{"7fffffffffffffff", "8000000000000000", "ffffffffffffffff"} {
		s := talkTo(defaults())
		s.client("POST /api/generate HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + size + "\r\n" + body)
		s.server(answer200(jsonUTF8, `{"done":true}`))
		s.Lost(wire.FromClient, start, 1<<40)
		s.Done(wire.EndFIN, wire.FromServer, start)
		if len(s.records) != 2 || !strings.Contains(s.records[1], `"prompt":"what is up"`) {
			t.Errorf("%s: %q", size, s.records)
		}
	}
}
