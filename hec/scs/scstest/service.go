// Package scstest is a stand-in for Splunk Cloud Services over real HTTP: the ingest
// service of one tenant, as the specification describes it that the SDK ships
// (services/ingest/ingest.yaml), and the identity provider's token endpoint.
//
// It takes what the specification allows and nothing else, and it can be told to fail.
// What the specification does not say, such as how events that are not valid are
// named, is as the SDK's own tests expect it.
package scstest

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the service knows from its start.
const (
	Tenant      = "acme"
	AccessToken = "eyJhbGciOiJub25lIn0.access.0001"
	Principal   = "shipper-principal"
	Secret      = "s3cr3t-of-the-principal"
	Scope       = "backend_service"

	maxEvents = 500
	maxBytes  = 1_040_000
)

// Event is one event as it was taken (schema Event).
type Event struct {
	Body       json.RawMessage            `json:"body"`
	Attributes map[string]json.RawMessage `json:"attributes"`
	Host       *string                    `json:"host"`
	ID         *string                    `json:"id"`
	Nanos      *int32                     `json:"nanos"`
	Source     *string                    `json:"source"`
	Sourcetype *string                    `json:"sourcetype"`
	Timestamp  *int64                     `json:"timestamp"`
}

// Text is the body of an event of text.
func (e *Event) Text() (s string) {
	_ = json.Unmarshal(e.Body, &s)
	return s
}

// Request is one that came, whatever was answered.
type Request struct {
	Operation string // the operationId of the specification, or token
	N         int    // how many of that operation came before, since SetFault
	Path      string
	Header    http.Header
	Body      []byte
}

// Service is the stand-in. Its methods may be called at any time.
type Service struct {
	URL string

	server *httptest.Server
	done   chan struct{} // closed when the test ends

	mu       sync.Mutex
	access   map[string]time.Time // when each access token ends; zero: never
	issued   int
	valid    time.Duration   // of tokens that are issued
	arrived  []Event         // in accepted requests
	again    []bool          // whether each of them had come before
	ids      map[string]bool // of those that came
	tokens   map[string]*collectorToken
	fault    FaultFunc
	counts   map[string]int // requests by operation
	requests []Request
}

// Start starts a service that ends with the test.
func Start(t testing.TB) *Service { return start(t, httptest.NewServer) }

// StartTLS starts one that speaks TLS, with a certificate of its own.
func StartTLS(t testing.TB) *Service { return start(t, httptest.NewTLSServer) }

func start(t testing.TB, serve func(http.Handler) *httptest.Server) *Service {
	s := &Service{
		done: make(chan struct{}), access: map[string]time.Time{AccessToken: {}}, valid: time.Hour,
		ids: map[string]bool{}, tokens: map[string]*collectorToken{}, counts: map[string]int{},
	}
	s.server = serve(s.routes())
	s.URL = s.server.URL
	t.Cleanup(func() { close(s.done); s.server.Close() })
	return s
}

// CA is the certificate of a service that speaks TLS.
func (s *Service) CA() *x509.Certificate { return s.server.Certificate() }

// SetFault has the service fail as f says.
func (s *Service) SetFault(f FaultFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
	clear(s.counts)
}

// SetValid sets how long access tokens are valid that are issued from now on.
func (s *Service) SetValid(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = d
}

// Revoke has no access token be valid but those given.
func (s *Service) Revoke(but ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
	for _, token := range but {
		s.access[token] = time.Time{}
	}
}

// Arrived are the events of the requests accepted so far, in their order.
func (s *Service) Arrived() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.arrived)
}

// Events are those that are left once what came before, by its id, is dropped.
// Repeated is how many were.
func (s *Service) Events() (kept []Event, repeated int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, ev := range s.arrived {
		if s.again[i] {
			repeated++
			continue
		}
		kept = append(kept, ev)
	}
	return kept, repeated
}

// Texts are the bodies of events of text.
func Texts(events []Event) (texts []string) {
	for i := range events {
		texts = append(texts, events[i].Text())
	}
	return texts
}

// Requests are those that came so far of an operation.
func (s *Service) Requests(operation string) (some []Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r.Operation == operation {
			some = append(some, r)
		}
	}
	return some
}

// Routes are the paths and methods served, as the specification writes them.
func Routes() map[string]string {
	const ingest = " /{tenant}/ingest/v1beta2/"
	return map[string]string{
		"postEvents":           "POST" + ingest + "events",
		"listCollectorTokens":  "GET" + ingest + "collector/tokens",
		"postCollectorTokens":  "POST" + ingest + "collector/tokens",
		"getCollectorToken":    "GET" + ingest + "collector/tokens/{tokenName}",
		"putCollectorToken":    "PUT" + ingest + "collector/tokens/{tokenName}",
		"deleteCollectorToken": "DELETE" + ingest + "collector/tokens/{tokenName}",
	}
}

func (s *Service) routes() http.Handler {
	serve := map[string]func(*exchange){
		"postEvents":           s.postEvents,
		"listCollectorTokens":  s.listTokens,
		"postCollectorTokens":  s.createToken,
		"getCollectorToken":    s.getToken,
		"putCollectorToken":    s.updateToken,
		"deleteCollectorToken": s.deleteToken,
	}
	mux := http.NewServeMux()
	for operation, route := range Routes() {
		mux.HandleFunc(route, s.handle(operation, func(x *exchange) {
			if s.admit(x) {
				serve[operation](x)
			}
		}))
	}
	mux.HandleFunc("POST /token", s.handle("token", s.issue))
	return mux
}

// exchange is one request being answered.
type exchange struct {
	http.ResponseWriter
	request *http.Request
	body    []byte
}

// handle reads a request, notes it and lets it fail or be served.
func (s *Service) handle(operation string, serve func(*exchange)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		s.mu.Lock()
		s.requests = append(s.requests, Request{operation, s.counts[operation], r.URL.Path, r.Header.Clone(), body})
		s.counts[operation]++
		var fault *Fault
		if s.fault != nil {
			fault = s.fault(&s.requests[len(s.requests)-1])
		}
		s.mu.Unlock()
		x := &exchange{w, r, body}
		if fault == nil {
			serve(x)
			return
		}
		if fault.Take {
			serve(&exchange{httptest.NewRecorder(), r, body})
		}
		s.fail(x, fault)
	}
}

// admit checks the access token and the tenant.
func (s *Service) admit(x *exchange) bool {
	token, bearer := strings.CutPrefix(x.request.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	until, known := s.access[token]
	s.mu.Unlock()
	switch {
	case !bearer || !known || !until.IsZero() && time.Now().After(until):
		x.refuse(http.StatusUnauthorized, "UNAUTHORIZED", "Invalid or Expired Bearer Token", nil)
	case x.request.PathValue("tenant") != Tenant:
		x.refuse(http.StatusNotFound, "NOT_FOUND", "The resource wasn't found.", nil)
	default:
		return true
	}
	return false
}

func (x *exchange) refuse(status int, code, message string, details any) {
	x.answer(status, map[string]any{"code": code, "message": message, "details": details})
}

func (x *exchange) answer(status int, body any) {
	x.Header().Set("Content-Type", "application/json")
	x.WriteHeader(status)
	if status != http.StatusNoContent {
		_ = json.NewEncoder(x).Encode(body) // the client may have gone
	}
}

// issue grants an access token to the principal (RFC 6749, section 4.4).
func (s *Service) issue(x *exchange) {
	id, secret, _ := x.request.BasicAuth()
	x.request.Body = io.NopCloser(strings.NewReader(string(x.body)))
	switch {
	case id != Principal || secret != Secret:
		x.answer(http.StatusUnauthorized, map[string]string{"error": "invalid_client", "error_description": "unknown client"})
	case x.request.PostFormValue("grant_type") != "client_credentials":
		x.answer(http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	default:
		s.mu.Lock()
		s.issued++
		token := fmt.Sprintf("eyJhbGciOiJub25lIn0.issued.%04d", s.issued)
		s.access[token] = time.Now().Add(s.valid)
		seconds := int(s.valid / time.Second)
		s.mu.Unlock()
		x.answer(http.StatusOK, map[string]any{
			"token_type": "Bearer", "access_token": token, "expires_in": seconds, "scope": x.request.PostFormValue("scope"),
		})
	}
}
