package proxy_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/wire"
)

// A client that goes away ends what Ollama does for it.
func TestClientsEndIsOllamas(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.0", "1.1"} {
		for _, reset := range []bool{false, true} {
			t.Run(fmt.Sprintf("HTTP/%s, reset %v", version, reset), func(t *testing.T) {
				t.Parallel()
				ended := make(chan struct{})
				s := newStand(t, &fakeollama.Ollama{Words: words, Before: func(r *http.Request, said int) {
					if said == 2 {
						<-r.Context().Done()
						close(ended)
					}
				}})
				c := dial(t, s.addr())
				fmt.Fprintf(c, "POST /api/chat HTTP/%s\r\nHost: a\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}", version)
				for answer := bufio.NewReader(c); ; {
					line, err := answer.ReadString('\n')
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(line, " sky") {
						break
					}
				}
				if reset {
					if err := c.(*net.TCPConn).SetLinger(0); err != nil {
						t.Fatal(err)
					}
				}
				c.Close()
				<-ended
				event := s.event()
				if event["cut"] != "client" || event["chunks"] != 2.0 || event["completion_tokens"] != nil {
					t.Error(event)
				}
			})
		}
	}
}

// An Ollama that dies in the middle of an answer breaks it off for the client, too, and the
// event says who it was.
func TestOllamasEndIsTheClients(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.0", "1.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, &fakeollama.Ollama{Words: words, Before: func(_ *http.Request, said int) {
				if said == 2 {
					panic(http.ErrAbortHandler)
				}
			}})
			c := dial(t, s.addr())
			fmt.Fprintf(c, "POST /api/chat HTTP/%s\r\nHost: a\r\nContent-Length: 13\r\n\r\n{\"model\":\"m\"}", version)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			if version == "1.1" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the client is told that %q is all: %v", body, err)
			}
			if event := s.event(); event["cut"] != "server" || event["chunks"] != 2.0 {
				t.Error(event)
			}
		})
	}
}

// Where no Ollama is, clients get an error in the form of their API.
func TestNoOllama(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	s := newStand(t, ollama(), func(o *proxy.Options) { o.Upstream = closed.Addr().String() })
	for _, tt := range []struct{ path, begins string }{
		{"/api/chat", `{"error":"ollama-hec proxy: no Ollama answers at 127.0.0.1:`},
		{"/v1/chat/completions", `{"error":{"code":null,"message":"ollama-hec proxy: no Ollama`},
		{"/v1/messages", `{"error":{"message":"ollama-hec proxy: no Ollama`},
	} {
		status, text := s.post(tt.path, `{"model":"m"}`)
		if status != http.StatusBadGateway || !strings.HasPrefix(text, tt.begins) {
			t.Errorf("%s: %d %s", tt.path, status, text)
		}
	}
	for _, event := range s.events("ollama:api", 3) {
		if event["status"] != 502.0 || !strings.Contains(event["error"].(string), "no Ollama answers") {
			t.Error(event)
		}
	}
	if n := s.proxy.Counts()["unanswered"]; n != 3 {
		t.Errorf("%d are counted, want 3", n)
	}
	if !strings.Contains(s.log.String(), "Ollama does not answer") {
		t.Error("it is not said")
	}
}

// A body that cannot be read is the client's fault, as Ollama would say.
func TestBodyThatIsNone(t *testing.T) {
	t.Parallel()
	s := newStand(t, ollama())
	answer := exchangeRaw(t, s.addr(), "POST /api/blobs/sha256:12 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+
		"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")
	if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || !strings.Contains(answer, `{"error":"`) {
		t.Error(answer)
	}
}

// panics is a conversation that cannot be told.
type panics struct{}

func (panics) Data(wire.Side, time.Time, []byte)         { panic("a defect") }
func (panics) Lost(wire.Side, time.Time, int64)          { panic("a defect") }
func (panics) Contradicted(wire.Side, time.Time)         { panic("a defect") }
func (panics) Closed(wire.Side, time.Time)               { panic("a defect") }
func (panics) Done(wire.End, wire.Side, time.Time)       { panic("a defect") }
func panicking(wire.Connection) wire.Conversation        { return panics{} }
func panickingAtOnce(wire.Connection) wire.Conversation  { panic("a defect") }
func wantsNothing(wire.Connection) (_ wire.Conversation) { return nil }

// Requests go on where what is said cannot be told.
func TestTellingFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		open   wire.Opener
		untold int64
	}{{"panics", panicking, 1}, {"panics at once", panickingAtOnce, 1}, {"is not wanted", wantsNothing, 0}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, ollama(), func(o *proxy.Options) { o.Open = tt.open })
			for range 2 {
				if status, answer := s.post("/api/generate", `{"model":"m"}`); status != 200 || !strings.Contains(answer, `"done":true`) {
					t.Errorf("%d %s", status, answer)
				}
			}
			if n := s.proxy.Counts()["untold"]; n != 2*tt.untold {
				t.Errorf("%d untold connections are counted", n)
			}
			if said := strings.Contains(s.log.String(), "cannot be recorded"); said != (tt.untold > 0) {
				t.Errorf("said: %v", said)
			}
		})
	}
}

// What passes takes no memory, however much it is.
func TestLargeUpload(t *testing.T) {
	const size = 512 << 20
	taken := make(chan int64, 1)
	s := newStand(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		taken <- n
		w.WriteHeader(http.StatusCreated)
	}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resp, err := http.Post("http://"+s.addr()+"/api/blobs/sha256:12", "application/octet-stream",
		io.LimitReader(zeros{}, size))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	runtime.ReadMemStats(&after)
	if n := <-taken; n != size || resp.StatusCode != http.StatusCreated {
		t.Errorf("%d of %d bytes, status %d", n, size, resp.StatusCode)
	}
	// All that was allocated in all of this process, kept or not.
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("%d bytes of memory for %d bytes of body", used, size)
	}
	event := s.event()
	if event["bytes_in"] != float64(size) || event["operation"] != "blob" {
		t.Error(event)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A client that does not read holds up nobody, and has all of its answer once it does.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	s := newStand(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			_, _ = io.Copy(w, io.LimitReader(zeros{}, size))
			return
		}
		ollama().ServeHTTP(w, r)
	}))
	resp, err := http.Get("http://" + s.addr() + "/large")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 10 {
		s.post("/api/chat", `{"model":"m"}`)
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if n != size || err != nil {
		t.Errorf("%d of %d bytes: %v", n, size, err)
	}
	events := s.events("ollama:api", 11)
	if last := events[10]; last["uri_path"] != "/large" || last["bytes_out"] != float64(size) {
		t.Error(last)
	}
}

// A connection that changes to another protocol passes, and its request is told.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	s := newStand(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(c, rw)
	}))
	c := dial(t, s.addr())
	fmt.Fprintf(c, "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	answer := bufio.NewReader(c)
	resp, err := http.ReadResponse(answer, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	fmt.Fprintf(c, "hello")
	echo := make([]byte, 5)
	if _, err := io.ReadFull(answer, echo); err != nil || string(echo) != "hello" {
		t.Errorf("%q, %v", echo, err)
	}
	c.Close()
	if event := s.event(); event["status"] != 101.0 {
		t.Error(event)
	}
}

// A stop lets requests end, for a while.
func TestStop(t *testing.T) {
	t.Parallel()
	for _, patient := range []bool{true, false} {
		t.Run(fmt.Sprint("patient ", patient), func(t *testing.T) {
			t.Parallel()
			begun, goOn := make(chan struct{}), make(chan struct{})
			s := newStand(t, &fakeollama.Ollama{Words: words, Before: func(r *http.Request, said int) {
				if said == 1 {
					close(begun)
					select {
					case <-goOn:
					case <-r.Context().Done():
					}
				}
			}}, func(o *proxy.Options) {
				if !patient {
					o.Drain = time.Millisecond
				}
			})
			answered := make(chan error, 1)
			go func() {
				resp, err := http.Post("http://"+s.addr()+"/api/chat", "application/json", strings.NewReader(`{"model":"m"}`))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				answered <- err
			}()
			<-begun
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				s.stop()
			}()
			for { // until nobody is let in any more
				c, err := net.Dial("tcp", s.addr())
				if err != nil {
					break
				}
				c.Close()
			}
			if patient {
				close(goOn)
			}
			<-stopped
			if err := <-answered; (err == nil) != patient {
				t.Error(err)
			}
			if cut := s.event()["cut"]; patient && cut != nil || !patient && cut != "server" {
				t.Errorf("cut is %v", cut)
			}
		})
	}
}

// What cannot work is said with what to do.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct{ listen, upstream, setting, says string }{
		{taken.Addr().String(), "127.0.0.1:11435", "OLLAMA_HEC_PROXY_LISTEN", "OLLAMA_HOST=127.0.0.1:11435"},
		{"127.0.0.1", "127.0.0.1:11435", "OLLAMA_HEC_PROXY_LISTEN", "such as 127.0.0.1:11434"},
		{"127.0.0.1:0", "11435", "OLLAMA_HEC_PROXY_UPSTREAM", `got "11435"`},
		{"127.0.0.1:0", "https://127.0.0.1:11435", "OLLAMA_HEC_PROXY_UPSTREAM", "such as 127.0.0.1:11435"},
		{"127.0.0.1:0", "127.0.0.1:0", "OLLAMA_HEC_PROXY_UPSTREAM", "such as"},
	} {
		_, err := proxy.Listen(proxy.Options{Listen: tt.listen, Upstream: tt.upstream, Log: discard})
		var wrong *settings.Error
		if !errors.As(err, &wrong) || wrong.Setting != tt.setting || !strings.Contains(wrong.Problem, tt.says) {
			t.Errorf("%s before %s: %v", tt.listen, tt.upstream, err)
		}
	}
	addr := taken.Addr().String()
	taken.Close()
	for _, listen := range []string{addr, ":" + strings.TrimPrefix(addr, "127.0.0.1:")} {
		if _, err := proxy.Listen(proxy.Options{Listen: listen, Upstream: addr, Log: discard}); err == nil ||
			!strings.Contains(err.Error(), "where the proxy itself listens") {
			t.Errorf("%s before itself: %v", listen, err)
		}
	}
}
