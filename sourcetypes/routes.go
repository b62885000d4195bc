package sourcetypes

import (
	"iter"
	"strings"
)

// Route is one row of the table of what requests ask for.
type Route struct {
	Methods   string // separated by spaces
	Path      string // :name stands for one part of a path, *name for the rest
	API       string // ollama, openai or anthropic
	Operation string
}

// Routes are all rows, for the documentation.
func Routes() iter.Seq[Route] {
	return func(yield func(Route) bool) {
		for _, r := range routeTable {
			if !yield(r) {
				return
			}
		}
	}
}

// routeTable is the only place that maps a method and a path onto an API and
// an operation. What is not here is "unknown".
var routeTable = []Route{
	{"GET HEAD", "/", "ollama", "health"},
	{"GET HEAD", "/api/version", "ollama", "version"},
	{"GET HEAD", "/api/tags", "ollama", "list"},
	{"GET HEAD", "/api/ps", "ollama", "ps"},
	{"GET HEAD", "/api/status", "ollama", "status"},
	{"POST", "/api/generate", "ollama", "generate"},
	{"POST", "/api/chat", "ollama", "chat"},
	{"POST", "/api/embed", "ollama", "embed"},
	{"POST", "/api/embeddings", "ollama", "embed"},
	{"POST", "/api/pull", "ollama", "pull"},
	{"POST", "/api/push", "ollama", "push"},
	{"POST", "/api/create", "ollama", "create"},
	{"POST", "/api/show", "ollama", "show"},
	{"POST", "/api/copy", "ollama", "copy"},
	{"DELETE POST", "/api/delete", "ollama", "delete"},
	{"POST HEAD", "/api/blobs/:digest", "ollama", "blob"},
	{"POST", "/api/me", "ollama", "me"},
	{"POST", "/api/signout", "ollama", "signout"},
	{"DELETE", "/api/user/keys/:key", "ollama", "signout"},
	{"POST", "/api/experimental/web_search", "ollama", "web_search"},
	{"POST", "/api/experimental/web_fetch", "ollama", "web_fetch"},
	{"GET", "/api/experimental/model-recommendations", "ollama", "model_recommendations"},
	{"GET HEAD", "/v1/models", "openai", "list"},
	{"GET HEAD", "/v1/models/*model", "openai", "show"},
	{"POST", "/v1/chat/completions", "openai", "chat"},
	{"POST", "/v1/completions", "openai", "generate"},
	{"POST", "/v1/embeddings", "openai", "embed"},
	{"POST", "/v1/responses", "openai", "chat"},
	{"POST", "/v1/responses/compact", "openai", "compact"},
	{"POST", "/v1/audio/transcriptions", "openai", "transcribe"},
	{"POST", "/v1/images/*kind", "openai", "image"},
	{"POST", "/v1/messages", "anthropic", "chat"},
	{"POST", "/v1/messages/count_tokens", "anthropic", "count_tokens"},
}

// route is a path that holds no parameter, ready to be found and written.
type route struct {
	path string
	// The parts of an event that tell of it, by method. For a method that the path does
	// not take, request is still given; for one without a name it is the path alone.
	request [len(verbs)]string // ,"http_method":"…","uri_path":"…"
	tail    [len(verbs)]string // ,"api":"…","operation":"…"}
}

const slots = 128 // a power of two, some times more than there are routes

// routes finds a route by a hash of its path. Collisions go to the next slot.
var routes = func() (table [slots]*route) {
	for _, r := range routeTable {
		if strings.ContainsAny(r.Path, ":*") {
			continue
		}
		slot := routeSlot([]byte(r.Path))
		for table[slot%slots] != nil {
			slot++
		}
		table[slot%slots] = newRoute(&r)
	}
	return table
}()

func newRoute(row *Route) *route {
	r := &route{path: row.Path}
	for v, name := range verbs {
		if v > 0 {
			r.request[v] = `,"http_method":"` + name + `"`
		}
		r.request[v] += `,"uri_path":"` + row.Path + `"`
		r.tail[v] = string(appendOperation(nil, name, []byte(row.Path)))
	}
	return r
}

func routeSlot(path []byte) uint {
	last := len(path) - 1
	return uint(path[last])*7 + uint(path[last/2])*3 + uint(last)
}

// findRoute returns the row of a path without parameters, whatever the method;
// nil if there is none.
func findRoute(path []byte) *route {
	if len(path) == 0 {
		return nil
	}
	for slot := routeSlot(path); ; slot++ {
		r := routes[slot%slots]
		if r == nil || string(path) == r.path {
			return r
		}
	}
}

// operation is what a request asks for, and of which API.
func operation(method string, path []byte) (api, operation string) {
	api = apiOf(path)
	for _, r := range routeTable {
		if matches(r.Path, path) {
			for m := range strings.FieldsSeq(r.Methods) {
				if m == method {
					return r.API, r.Operation
				}
			}
			return r.API, "unknown"
		}
	}
	return api, "unknown"
}

// apiOf is the API a path belongs to, known or not.
func apiOf(path []byte) string {
	switch {
	case string(path) == "/" || string(path) == "/api" || hasPrefix(path, "/api/"):
		return "ollama"
	case hasPrefix(path, "/v1/messages"):
		return "anthropic"
	case string(path) == "/v1" || hasPrefix(path, "/v1/"):
		return "openai"
	}
	return "other"
}

// matches reports whether path has the form of pattern.
func matches(pattern string, path []byte) bool {
	for {
		i := strings.IndexAny(pattern, ":*")
		if i < 0 {
			return string(path) == pattern
		}
		if len(path) <= i || string(path[:i]) != pattern[:i] {
			return false
		}
		if pattern[i] == '*' {
			return true
		}
		part := partLen(path[i:])
		if part == 0 {
			return false
		}
		pattern, path = pattern[i+partLen(pattern[i:]):], path[i+part:]
	}
}

// partLen measures the first part of a path.
func partLen[T string | []byte](path T) int {
	n := 0
	for n < len(path) && path[n] != '/' {
		n++
	}
	return n
}
