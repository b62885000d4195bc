// Package splunkdtest is a splunkd to test against: an HTTPS server with users,
// apps, knowledge objects, their sharing, passwords and HEC tokens in memory.
//
// It follows splunkd's documentation and is strict where that is silent: it
// refuses arguments that are not documented. It runs no search and checks no SPL.
package splunkdtest

import (
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a running splunkd. It has the apps search and launcher and one user,
// admin, who may do everything.
type Server struct {
	URL string // on loopback, with a certificate no system trusts

	http *httptest.Server

	mu        sync.Mutex
	users     map[string]User // by Authorization header
	apps      map[string]*app
	objects   map[id]*object
	passwords map[id]password
	tokens    map[string]url.Values
	inputs    []string // of the scheme ollama_logs
	collector map[string]any
	faults    []fault
	requests  []string
}

// User is somebody who may speak to the server.
type User struct {
	Name         string
	Roles        []string
	Capabilities []string
}

// What the admin's requests carry.
const (
	AdminToken   = "admin-token-0123456789"
	AdminSession = "admin^session_0123456789"
)

type app struct {
	disabled             bool
	configured, reloaded bool // see Configured
}

// id names an object: saved/searches, configs/conf-macros or storage/passwords of
// an app.
type id struct{ app, collection, name string }

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	admin := User{Name: "admin", Roles: []string{"admin", "power", "user"}, Capabilities: []string{
		"admin_all_objects", "edit_storage_passwords", "list_storage_passwords", "edit_token_http", "schedule_search",
	}}
	s := &Server{
		users:     map[string]User{"Bearer " + AdminToken: admin, "Splunk " + AdminSession: admin},
		apps:      map[string]*app{"search": {}, "launcher": {}},
		objects:   map[id]*object{},
		passwords: map[id]password{},
		tokens:    map[string]url.Values{},
		collector: map[string]any{"disabled": false, "port": "8088", "enableSSL": "1"},
	}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that hang up
	s.http.StartTLS()
	t.Cleanup(s.http.Close)
	s.URL = s.http.URL
	return s
}

// CA is the certificate to trust, as PEM.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
}

// AddUser lets a user in by a token.
func (s *Server) AddUser(token string, u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users["Bearer "+token] = u
}

// AddApp installs an app.
func (s *Server) AddApp(name string, disabled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[name] = &app{disabled: disabled}
}

// SetCollector sets what the global HEC settings say.
func (s *Server) SetCollector(key string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.collector[key] = value
}

type fault struct {
	method, path string
	answer       http.HandlerFunc
}

// Fail gives one request, the next of that method whose path contains part, to
// answer instead.
func (s *Server) Fail(method, part string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fault{method, part, answer})
}

// Writes lists the requests so far that were to change something, as METHOD /path.
func (s *Server) Writes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.requests), func(r string) bool { return strings.HasPrefix(r, "GET ") })
}

// request is one that was let in.
type request struct {
	*http.Request
	user User
	app  string   // "" of /services
	path []string // below the namespace
	form url.Values
}

// refuse ends the handling of a request.
type refuse struct {
	status int
	text   string
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.EscapedPath())
	for i, f := range s.faults {
		if f.method == r.Method && strings.Contains(r.URL.EscapedPath(), f.path) {
			s.faults = slices.Delete(s.faults, i, i+1)
			s.mu.Unlock()
			f.answer(w, r)
			return
		}
	}
	defer s.mu.Unlock()
	defer func() {
		switch why := recover().(type) {
		case nil:
		case refuse:
			answerError(w, r, why)
		default:
			panic(why)
		}
	}()
	status, entries := s.handle(s.admit(r))
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"entry": entries, "messages": []any{}})
}

func (s *Server) admit(r *http.Request) *request {
	user, ok := s.users[r.Header.Get("Authorization")]
	if !ok {
		panic(refuse{http.StatusUnauthorized, "call not properly authenticated"})
	}
	in := &request{Request: r, user: user}
	var parts []string
	for part := range strings.SplitSeq(strings.Trim(r.URL.EscapedPath(), "/"), "/") {
		name, err := url.PathUnescape(part)
		if err != nil {
			panic(refuse{http.StatusBadRequest, "Bad Request"})
		}
		parts = append(parts, name)
	}
	switch {
	case len(parts) > 1 && parts[0] == "services":
		in.path = parts[1:]
	case len(parts) > 3 && parts[0] == "servicesNS" && parts[1] == "nobody":
		in.app, in.path = parts[2], parts[3:]
		if s.apps[in.app] == nil {
			panic(refuse{http.StatusNotFound, "Application does not exist: " + in.app})
		}
	default:
		panic(refuse{http.StatusNotFound, "Not Found"})
	}
	for key := range r.URL.Query() {
		if key != "output_mode" && (key != "count" || r.Method != http.MethodGet) {
			panic(unsupported(key))
		}
	}
	if r.Method == http.MethodPost {
		if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			panic(refuse{http.StatusBadRequest, "the body is not a form"})
		}
		if err := r.ParseForm(); err != nil {
			panic(refuse{http.StatusBadRequest, err.Error()})
		}
		in.form = maps.Clone(r.PostForm)
		for key, values := range in.form {
			if len(values) != 1 {
				panic(refuse{http.StatusBadRequest, fmt.Sprintf("Argument %q is given %d times", key, len(values))})
			}
		}
	}
	return in
}

func (s *Server) handle(r *request) (int, []any) {
	below := func(prefix string) ([]string, bool) {
		n := strings.Count(prefix, "/") + 1
		if len(r.path) < n || strings.Join(r.path[:n], "/") != prefix {
			return nil, false
		}
		return r.path[n:], true
	}
	if rest, ok := below("authentication/current-context"); ok && len(rest) == 0 {
		return http.StatusOK, []any{map[string]any{"name": "context", "content": map[string]any{
			"username": r.user.Name, "roles": r.user.Roles, "capabilities": r.user.Capabilities,
		}}}
	}
	if rest, ok := below("apps/local"); ok && len(rest) == 1 {
		a := s.apps[rest[0]]
		if a == nil {
			panic(notFound(rest[0]))
		}
		return http.StatusOK, []any{map[string]any{"name": rest[0], "content": map[string]any{"disabled": a.disabled}}}
	}
	if rest, ok := below("apps/local"); ok && len(rest) == 2 && rest[1] == "_reload" && s.apps[rest[0]] != nil {
		r.may("admin_all_objects")
		s.apps[rest[0]].reloaded = true
		return http.StatusOK, []any{}
	}
	if rest, ok := below("configs/conf-app/install"); ok && len(rest) == 0 {
		return s.install(r)
	}
	if rest, ok := below("data/inputs/ollama_logs"); ok {
		return s.ollamaLogs(r, rest)
	}
	for _, c := range collections {
		if rest, ok := below(c.path); ok {
			return s.knowledge(r, c, rest)
		}
	}
	if rest, ok := below("storage/passwords"); ok {
		return s.password(r, rest)
	}
	if rest, ok := below("data/inputs/http"); ok {
		return s.hec(r, rest)
	}
	panic(refuse{http.StatusNotFound, "Not Found"})
}

// may refuses a request unless its user has one of the capabilities.
func (r *request) may(capabilities ...string) {
	for _, c := range capabilities {
		if slices.Contains(r.user.Capabilities, c) {
			return
		}
	}
	panic(refuse{http.StatusForbidden, "insufficient permission to access this resource"})
}

// only refuses arguments that are not among names.
func (r *request) only(names ...string) {
	for key := range r.form {
		if !slices.Contains(names, key) {
			panic(unsupported(key))
		}
	}
}

func (r *request) need(names ...string) {
	for _, name := range names {
		if r.form.Get(name) == "" {
			panic(refuse{http.StatusBadRequest, "The following required arguments are missing: " + name + "."})
		}
	}
}

func unsupported(key string) refuse {
	return refuse{http.StatusBadRequest, fmt.Sprintf("Argument %q is not supported by this handler.", key)}
}

func notFound(name string) refuse {
	return refuse{http.StatusNotFound, "Could not find object id=" + name}
}

// answerError answers in XML unless the query asks for JSON: a form is not read
// of a request that is refused.
func answerError(w http.ResponseWriter, r *http.Request, why refuse) {
	if r.URL.Query().Get("output_mode") == "json" {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(why.status)
		json.NewEncoder(w).Encode(map[string]any{"messages": []any{map[string]string{"type": "ERROR", "text": why.text}}})
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=UTF-8")
	w.WriteHeader(why.status)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><response><messages><msg type="ERROR">`)
	xml.EscapeText(w, []byte(why.text))
	fmt.Fprint(w, `</msg></messages></response>`)
}
