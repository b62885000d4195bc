package splunkdtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type password struct{ realm, user, clear string }

// entry shows the password only to those who may read it.
func (p password) entry(name string, r *request) any {
	content := map[string]any{"realm": p.realm, "username": p.user, "password": "********", "encr_password": "$7$"}
	if slices.Contains(r.user.Capabilities, "list_storage_passwords") {
		content["clear_password"] = p.clear
	}
	return map[string]any{"name": name, "content": content}
}

func (s *Server) password(r *request, rest []string) (int, []any) {
	if r.app == "" || len(rest) > 1 {
		panic(refuse{http.StatusNotFound, "Not Found"})
	}
	if r.Method == http.MethodPost {
		r.may("edit_storage_passwords", "admin_all_objects")
	} else {
		r.may("list_storage_passwords", "admin_all_objects")
	}
	if len(rest) == 0 {
		if r.Method != http.MethodPost {
			panic(refuse{http.StatusMethodNotAllowed, "not in this test"})
		}
		r.only("name", "realm", "password")
		r.need("name", "password")
		colon := strings.NewReplacer(`\`, `\\`, ":", `\:`)
		name := colon.Replace(r.form.Get("realm")) + ":" + colon.Replace(r.form.Get("name")) + ":"
		at := id{r.app, "storage/passwords", name}
		if _, taken := s.passwords[at]; taken {
			panic(refuse{http.StatusConflict, "An object with name=" + name + " already exists"})
		}
		s.passwords[at] = password{r.form.Get("realm"), r.form.Get("name"), r.form.Get("password")}
		return http.StatusCreated, []any{s.passwords[at].entry(name, r)}
	}
	at := id{r.app, "storage/passwords", rest[0]}
	p, ok := s.passwords[at]
	if !ok {
		panic(notFound(rest[0]))
	}
	if r.Method == http.MethodPost {
		r.only("password")
		r.need("password")
		p.clear = r.form.Get("password")
		s.passwords[at] = p
	}
	return http.StatusOK, []any{p.entry(rest[0], r)}
}

func (s *Server) hec(r *request, rest []string) (int, []any) {
	r.may("edit_token_http", "list_inputs")
	switch {
	case len(rest) == 1 && rest[0] == "http" && r.Method == http.MethodGet:
		return http.StatusOK, []any{map[string]any{"name": "http", "content": maps.Clone(s.collector)}}
	case len(rest) == 0 && r.Method == http.MethodGet:
		entries := []any{}
		for _, name := range slices.Sorted(maps.Keys(s.tokens)) {
			entries = append(entries, s.tokenEntry(name))
		}
		return http.StatusOK, entries
	case len(rest) == 0 && r.Method == http.MethodPost:
		r.may("edit_token_http")
		r.only("name", "index", "indexes", "sourcetype", "source", "host", "useACK", "disabled", "description", "token")
		r.need("name")
		name := r.form.Get("name")
		if s.tokens[name] != nil {
			panic(refuse{http.StatusConflict, "An object with name=http://" + name + " already exists"})
		}
		if index := r.form.Get("index"); index != "" && !slices.Contains([]string{"main", "ollama"}, index) {
			panic(refuse{http.StatusBadRequest, "In handler 'http': index=" + index + " does not exist"})
		}
		form := maps.Clone(r.form)
		form.Set("token", fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.tokens)+1))
		s.tokens[name] = form
		return http.StatusCreated, []any{s.tokenEntry(name)}
	}
	panic(refuse{http.StatusNotFound, "Not Found"})
}

func (s *Server) tokenEntry(name string) any {
	content := map[string]any{"disabled": false, "index": "default"}
	for key, values := range s.tokens[name] {
		content[key] = values[0]
	}
	delete(content, "name")
	return map[string]any{"name": "http://" + name, "content": content}
}

// AddToken puts a HEC token on the server as if it had been there before.
func (s *Server) AddToken(name string, values url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[name] = values
}
