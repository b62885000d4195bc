package splunkdtest

import (
	"net/http"
	"slices"
)

// AddInput adds an input of the scheme ollama_logs.
func (s *Server) AddInput(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs = append(s.inputs, name)
}

// Configured reports what the app.conf of an app says of its setup, and whether the app was
// reloaded since.
func (s *Server) Configured(name string) (configured, reloaded bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps[name]
	return a.configured, a.reloaded
}

// install is [install] of an app's app.conf.
func (s *Server) install(r *request) (int, []any) {
	if r.app == "" || r.Method != http.MethodPost {
		panic(refuse{http.StatusNotFound, "Not Found"})
	}
	r.may("admin_all_objects")
	r.only("is_configured")
	r.need("is_configured")
	value := r.form.Get("is_configured")
	a := s.apps[r.app]
	a.configured, a.reloaded = slices.Contains([]string{"1", "true"}, value), false
	return http.StatusOK, []any{map[string]any{"name": "install", "content": map[string]any{"is_configured": value}}}
}

// ollamaLogs lists the inputs of the scheme.
func (s *Server) ollamaLogs(r *request, rest []string) (int, []any) {
	if len(rest) > 0 || r.Method != http.MethodGet {
		panic(refuse{http.StatusNotFound, "Not Found"})
	}
	r.may("list_inputs", "admin_all_objects")
	entries := []any{}
	for _, name := range s.inputs {
		entries = append(entries, map[string]any{"name": name, "content": map[string]any{"output": "hec"}})
	}
	return http.StatusOK, entries
}

// Client returns a client that trusts the server's certificate.
func (s *Server) Client() *http.Client { return s.http.Client() }
