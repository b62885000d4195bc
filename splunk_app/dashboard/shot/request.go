package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// request is a request of the day.
type request struct {
	host, src, agent, model string
	operation, method, path string
	at                      time.Time // of its end
	took                    time.Duration
	status, length          int
}

func (r request) runs() bool { return r.operation == "chat" || r.operation == "generate" }

func (m *maker) request(h host, at time.Time) request {
	client := m.IntN(9)
	r := request{
		host: h.name, at: at, status: 200, agent: agents[client%len(agents)],
		src:   fmt.Sprintf("10.20.30.%d", 11+client*client),
		model: models[(client+m.IntN(3))%len(models)], length: 60 + int(900*m.ExpFloat64()),
	}
	n := m.IntN(100)
	for _, a := range asked {
		if n -= a.share; n < 0 {
			r.operation, r.method, r.path = a.operation, a.method, a.path
			r.took = time.Duration(a.seconds * (0.4 + m.ExpFloat64()) * (1 + 1.5*load(at)) * float64(time.Second))
			break
		}
	}
	switch m.IntN(300) {
	case 0, 1:
		r.status = 500
	case 2:
		r.status = 503
	case 3, 4, 5:
		r.status = 499
	case 6, 7:
		r.status, r.took = 404, time.Millisecond
	case 8:
		r.status, r.took = 400, time.Millisecond
	case 9, 10:
		r.src, r.agent = fmt.Sprintf("203.0.113.%d", 70+m.IntN(3)), "python-requests/2.32"
	case 11:
		r.operation, r.method, r.path, r.took = "pull", "POST", "/api/pull", time.Duration(20+m.IntN(90))*time.Second
	case 12:
		r.operation, r.method, r.path, r.took = "delete", "DELETE", "/api/delete", 40*time.Millisecond
	}
	return r
}

// line is the access line of the request.
func (r request) line() string {
	return fmt.Sprintf("[GIN] %s | %3d | %13v | %15s | %-7s  %q",
		r.at.Format("2006/01/02 - 15:04:05"), r.status, r.took.Round(time.Microsecond), r.src, r.method, r.path)
}

// captured adds what capture says of the request.
func (m *maker) captured(r request) {
	id := fmt.Sprintf("%08x", m.Uint32())
	scope := "private"
	if strings.HasPrefix(r.src, "203.") {
		scope = "external"
	}
	port := 30000 + m.IntN(20000)
	e := map[string]any{
		"origin": "capture", "src": r.src, "src_port": port, "src_scope": scope, "dest": "10.20.30.5", "dest_port": 11434,
		"http_method": r.method, "uri_path": r.path, "status": r.status, "http_user_agent": r.agent,
		"response_time_ms": float64(r.took.Microseconds()) / 1000, "api": "ollama", "operation": r.operation,
		"bytes_in": r.length + 120, "bytes_out": 300, "connection_id": id,
	}
	bytesOut := 300
	if r.runs() || r.operation == "embed" {
		e["model"] = r.model
		e["prompt_tokens"] = r.length/4 + 12
	}
	if r.runs() && r.status == 200 {
		tokens := int(r.took.Seconds() * (28 + 20*m.Float64()))
		bytesOut = 300 + 90*tokens
		e["stream"], e["completion_tokens"], e["done_reason"], e["bytes_out"] = true, tokens, "stop", bytesOut
		e["ttft_ms"] = math.Round(120 + 300*m.ExpFloat64()*(0.5+load(r.at)))
		if strings.HasSuffix(r.model, "-cloud") {
			e["cloud"] = true
		}
		m.add(r.host, "ollama:prompts", r.at, map[string]any{
			"origin": "capture", "model": r.model, "endpoint": r.path, "prompt_length": r.length,
			"prompt": prompts[m.IntN(len(prompts))],
		})
	}
	m.add(r.host, "ollama:api", r.at, e)
	m.add(r.host, "ollama:connection", r.at, map[string]any{
		"origin": "sock_diag", "src": r.src, "src_port": port, "src_scope": scope, "dest_port": 11434,
		"bytes_in": r.length + 300, "bytes_out": bytesOut, "state": "closed", "connection_id": id,
	})
}

// scanner is one who connects and asks nothing, at night, and what was not seen of him.
func (m *maker) scanner() {
	for i := range 5 {
		at := start.Add(3*time.Hour + time.Duration(i)*7*time.Minute)
		m.add("gpu-02", "ollama:connection", at, map[string]any{
			"origin": "sock_diag", "src": "198.51.100.23", "src_scope": "external", "dest_port": 11434,
			"bytes_in": 0, "bytes_out": 0, "state": "closed", "count": 9 + i,
		})
	}
	m.add(
		"gpu-02", "ollama:connection", start.Add(3*time.Hour+20*time.Minute),
		map[string]any{"origin": "sock_diag", "lost": 14},
	)
}
