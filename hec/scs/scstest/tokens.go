package scstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
)

// collectorToken is one of the tenant's collector tokens (schema HECTokenAccessResponse).
type collectorToken struct {
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Index       string   `json:"index,omitempty"`
	Indexes     []string `json:"indexes,omitempty"`
	AckEnabled  bool     `json:"ack_enabled"`
	Disabled    bool     `json:"disabled"`
	Tenant      string   `json:"tenant"`
	Token       string   `json:"token,omitempty"` // only in the reply that creates it
}

var tokenName = regexp.MustCompile(`^[a-z][a-z0-9]{3,35}$`)

// Token returns a collector token as it is now: its index, whether it gives
// acknowledgments, and whether it is there.
func (s *Service) Token(name string) (index string, ack, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[name]; t != nil {
		return t.Index, t.AckEnabled, true
	}
	return "", false, false
}

func (s *Service) listTokens(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []*collectorToken{}
	for _, t := range s.tokens {
		all = append(all, t)
	}
	x.answer(http.StatusOK, all)
}

func (s *Service) createToken(x *exchange) {
	t := &collectorToken{Tenant: Tenant}
	if !strict(x, t) {
		return
	}
	if !tokenName.MatchString(t.Name) || t.Token != "" {
		x.refuse(http.StatusBadRequest, "INVALID_DATA", "The request isn't valid.", nil)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[t.Name] != nil {
		x.refuse(http.StatusConflict, "CONFLICT", "The resource has a conflict.", nil)
		return
	}
	s.tokens[t.Name] = t
	created := *t
	created.Token = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.tokens))
	x.answer(http.StatusCreated, created)
}

func (s *Service) getToken(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.found(x); t != nil {
		x.answer(http.StatusOK, t)
	}
}

func (s *Service) updateToken(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.found(x)
	if t == nil {
		return
	}
	changed := *t // what the request does not name stays
	if !strict(x, &changed) {
		return
	}
	if changed.Name != t.Name || changed.Token != "" {
		x.refuse(http.StatusBadRequest, "INVALID_DATA", "The request isn't valid.", nil)
		return
	}
	*t = changed
	x.answer(http.StatusOK, t)
}

func (s *Service) deleteToken(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.found(x); t != nil {
		delete(s.tokens, t.Name)
		x.answer(http.StatusNoContent, nil)
	}
}

// found is the token that the path names; nil: there is none, which is answered.
func (s *Service) found(x *exchange) *collectorToken {
	t := s.tokens[x.request.PathValue("tokenName")]
	if t == nil {
		x.refuse(http.StatusNotFound, "NOT_FOUND", "The resource wasn't found.", nil)
	}
	return t
}

// strict reads a body that has no member but those of t.
func strict(x *exchange, t *collectorToken) bool {
	dec := json.NewDecoder(bytes.NewReader(x.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(t); err != nil {
		x.refuse(http.StatusBadRequest, "INVALID_DATA", err.Error(), nil)
		return false
	}
	return true
}
