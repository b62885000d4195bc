package splunkdtest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// object is a macro or a saved search.
type object struct {
	values  url.Values
	sharing string
	read    []string
	write   []string
	shipped bool // with its app, and so not to be deleted
}

// collection is a kind of objects.
type collection struct {
	path     string
	conf     string
	exists   string // said of a name that is taken
	required []string
	accepts  func(key string) bool
}

var collections = []collection{
	{
		path: "saved/searches", conf: "savedsearches",
		exists:   "Unable to create saved search with name '%s'. A saved search with that name already exists.",
		required: []string{"search"}, accepts: searchArgument,
	},
	{
		path: "configs/conf-macros", conf: "macros",
		exists:  "An object with name=%s already exists",
		accepts: func(key string) bool { return slices.Contains(macroArguments, key) },
	},
}

var macroArguments = []string{"definition", "args", "iseval", "validation", "errormsg", "description", "disabled"}

// searchArguments are the documented arguments of saved/searches, which are not the
// keys of savedsearches.conf: is_scheduled, not enableSched; alert_type, not counttype.
var searchArguments = []string{
	"actions", "alert_comparator", "alert_condition", "alert_threshold", "alert_type", "allow_skew",
	"cron_schedule", "description", "disabled", "is_scheduled", "is_visible", "max_concurrent",
	"realtime_schedule", "request.ui_dispatch_app", "request.ui_dispatch_view", "restart_on_searchpeer_add",
	"run_n_times", "run_on_startup", "schedule_priority", "schedule_window", "search", "vsid", "workload_pool",
	"alert.digest_mode", "alert.expires", "alert.severity", "alert.suppress", "alert.suppress.fields",
	"alert.suppress.period", "alert.suppress.group_name", "alert.track",
}

func searchArgument(key string) bool {
	for _, prefix := range []string{"action.", "args.", "dispatch.", "display.", "durable.", "auto_summarize"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return slices.Contains(searchArguments, key)
}

// booleans are answered as JSON booleans, whatever they were given as.
var booleans = []string{
	"disabled",
	"is_scheduled",
	"is_visible",
	"realtime_schedule",
	"alert.digest_mode",
	"alert.suppress",
}

// Put puts an object on the server as if it had been there before, such as one
// that came with its app.
func (s *Server) Put(app, collection, name string, values url.Values, sharing string, shipped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[id{app, collection, name}] = &object{
		values: maps.Clone(values), sharing: sharing, read: []string{"*"}, write: []string{"admin"}, shipped: shipped,
	}
}

// Get returns an app's own object.
func (s *Server) Get(app, collection, name string) (values url.Values, sharing string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[id{app, collection, name}]
	if o == nil {
		return nil, "", false
	}
	return maps.Clone(o.values), o.sharing, true
}

// Perms returns who may read and write an app's own object.
func (s *Server) Perms(app, collection, name string) (read, write []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[id{app, collection, name}]
	return o.read, o.write
}

func (s *Server) knowledge(r *request, c collection, rest []string) (int, []any) {
	if len(rest) == 0 && r.Method == http.MethodPost {
		return s.create(r, c)
	}
	if len(rest) == 0 || len(rest) > 2 || len(rest) == 2 && rest[1] != "acl" {
		panic(refuse{http.StatusNotFound, "Not Found"})
	}
	at, o := s.visible(r.app, c, rest[0])
	if o == nil {
		panic(notFound(rest[0]))
	}
	switch {
	case len(rest) == 2 && r.Method == http.MethodPost:
		s.writable(r, c, at, o)
		r.only("owner", "sharing", "perms.read", "perms.write")
		r.need("owner", "sharing")
		if !slices.Contains([]string{"app", "global"}, r.form.Get("sharing")) || r.form.Get("owner") != "nobody" {
			panic(refuse{http.StatusBadRequest, "Invalid sharing or owner"})
		}
		o.sharing = r.form.Get("sharing")
		o.read, o.write = list(r.form.Get("perms.read")), list(r.form.Get("perms.write"))
	case r.Method == http.MethodPost:
		s.writable(r, c, at, o)
		c.check(r.form)
		if at.app != r.app { // the other app's object stays: this one gets its own
			at = id{r.app, c.path, rest[0]}
			o = &object{values: maps.Clone(o.values), sharing: "app", read: o.read, write: o.write}
			s.objects[at] = o
		}
		o.set(r.form)
	case r.Method == http.MethodDelete:
		s.writable(r, c, at, o)
		if o.shipped || at.app != r.app {
			panic(refuse{http.StatusForbidden, "Cannot remove the object id=" + rest[0]})
		}
		delete(s.objects, at)
		return http.StatusOK, []any{}
	}
	return http.StatusOK, []any{o.entry(at)}
}

func (s *Server) create(r *request, c collection) (int, []any) {
	r.need("name")
	r.need(c.required...)
	at := id{r.app, c.path, r.form.Get("name")}
	r.form.Del("name")
	c.check(r.form)
	o := &object{values: url.Values{}, sharing: "app", read: []string{"*"}, write: []string{"admin", "power"}}
	s.writable(r, c, at, o)
	if s.objects[at] != nil {
		panic(refuse{http.StatusConflict, fmt.Sprintf(c.exists, at.name)})
	}
	o.set(r.form)
	s.objects[at] = o
	return http.StatusCreated, []any{o.entry(at)}
}

func (c collection) check(form url.Values) {
	for key := range form {
		if !c.accepts(key) {
			panic(unsupported(key))
		}
	}
	if cron := form.Get("cron_schedule"); cron != "" && len(strings.Fields(cron)) != 5 {
		panic(refuse{http.StatusBadRequest, fmt.Sprintf("Invalid cron_schedule=%q", cron)})
	}
}

// visible finds the object of that name in app, or one that another app shares.
func (s *Server) visible(app string, c collection, name string) (id, *object) {
	own := id{app, c.path, name}
	if o := s.objects[own]; o != nil {
		return own, o
	}
	for _, other := range slices.Sorted(maps.Keys(s.apps)) {
		at := id{other, c.path, name}
		if o := s.objects[at]; o != nil && o.sharing == "global" {
			return at, o
		}
	}
	return own, nil
}

func (s *Server) writable(r *request, c collection, at id, o *object) {
	if slices.Contains(r.user.Capabilities, "admin_all_objects") {
		return
	}
	for _, role := range r.user.Roles {
		if slices.Contains(o.write, role) {
			return
		}
	}
	panic(refuse{
		http.StatusForbidden,
		fmt.Sprintf(
			"User '%s' with roles { %s } cannot write: /nobody/%s/%s/%s { read : [ %s ], write : [ %s ] }, export: %s, owner: nobody, removable: no",
			r.user.Name,
			strings.Join(r.user.Roles, ", "),
			at.app,
			c.conf,
			at.name,
			strings.Join(o.read, ", "),
			strings.Join(o.write, ", "),
			o.sharing,
		),
	})
}

// set keeps values as a conf file does: without the space around them.
func (o *object) set(form url.Values) {
	for key := range form {
		o.values.Set(key, strings.TrimSpace(form.Get(key)))
	}
}

func (o *object) entry(at id) any {
	content := map[string]any{"disabled": false, "eai:appName": at.app, "eai:acl": nil}
	for key := range o.values {
		content[key] = o.values.Get(key)
		if slices.Contains(booleans, key) {
			content[key] = slices.Contains([]string{"1", "true", "t"}, strings.ToLower(o.values.Get(key)))
		}
	}
	return map[string]any{
		"name":    at.name,
		"content": content,
		"acl": map[string]any{
			"app": at.app, "owner": "nobody", "sharing": o.sharing, "removable": !o.shipped,
			"perms": map[string]any{"read": o.read, "write": o.write},
		},
	}
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}
