package splunkd

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

const detection = "Ollama Network Failure"

func plan() Plan {
	return Plan{
		App: "search",
		ACL: ACL{Sharing: "app", Read: []string{"*"}, Write: []string{"admin"}},
		Entities: []Entity{
			{
				Kind:         Macro,
				Name:         "ollama_server",
				Values:       url.Values{"definition": {`(sourcetype="ollama:server")`}, "iseval": {"0"}},
				KeepIfExists: true,
			},
			{
				Kind:         Macro,
				Name:         "ollama_network_failure_filter",
				Values:       url.Values{"definition": {"search *"}, "iseval": {"0"}},
				KeepIfExists: true,
			},
			{Kind: SavedSearch, Name: detection, Keep: []string{"action.risk"}, Values: url.Values{
				"search": {
					"`ollama_server` level=WARN\n| stats count by host\n| `ollama_network_failure_filter`\n",
				},
				"cron_schedule":                  {"0 * * * *"},
				"dispatch.earliest_time":         {"-70m@m"},
				"is_scheduled":                   {"1"},
				"disabled":                       {"true"},
				"action.risk":                    {"1"},
				"action.risk.param._risk":        {`[{"risk_object_field":"host","risk_score":10}]`},
				"action.correlationsearch.label": {detection},
			}},
		},
	}
}

// outcome is one change a line.
func outcome(t *testing.T, changes []Change, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

func expect(t *testing.T, what, got string, want ...string) {
	t.Helper()
	if got != strings.Join(want, "\n") {
		t.Errorf("%s: got\n%s", what, got)
	}
}

func TestInstallUninstall(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	install := func(p Plan) string {
		changes, err := Install(t.Context(), c, p)
		return outcome(t, changes, err)
	}
	created := []string{
		"macro ollama_server: created",
		"macro ollama_network_failure_filter: created",
		"saved search Ollama Network Failure: created",
	}
	unchanged := []string{
		"macro ollama_server: unchanged",
		"macro ollama_network_failure_filter: unchanged",
		"saved search Ollama Network Failure: unchanged",
	}

	dry := plan()
	dry.DryRun = true
	expect(t, "dry run", install(dry), created...)
	if w := s.Writes(); len(w) > 0 {
		t.Errorf("the dry run wrote: %q", w)
	}
	expect(t, "first time", install(plan()), created...)
	if read, write := s.Perms("search", "saved/searches", detection); fmt.Sprint(read, write) != "[*] [admin]" {
		t.Errorf("read %v, write %v", read, write)
	}
	before := len(s.Writes())
	expect(t, "second time", install(plan()), unchanged...)
	if w := s.Writes(); len(w) > before {
		t.Errorf("the second time wrote %q", w[before:])
	}

	uninstall := func(p Plan) string {
		changes, err := Uninstall(t.Context(), c, p)
		return outcome(t, changes, err)
	}
	removed := []string{
		"saved search Ollama Network Failure: removed",
		"macro ollama_network_failure_filter: removed",
		"macro ollama_server: removed",
	}
	before = len(s.Writes())
	expect(t, "dry uninstall", uninstall(dry), removed...)
	if w := s.Writes(); len(w) > before {
		t.Errorf("the dry run wrote %q", w[before:])
	}
	expect(t, "uninstall", uninstall(plan()), removed...)
	expect(t, "uninstall again", uninstall(plan()),
		"saved search Ollama Network Failure: absent",
		"macro ollama_network_failure_filter: absent",
		"macro ollama_server: absent")
}

func TestInstallRespectsTheSite(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	if _, err := Install(t.Context(), c, plan()); err != nil {
		t.Fatal(err)
	}
	ours, _, _ := s.Get("search", "saved/searches", detection)
	site := maps.Clone(ours)
	site.Set("disabled", "0")
	site.Set("action.risk", "0")
	site.Set("action.email", "1")
	site.Set("cron_schedule", "7 * * * *")
	s.Put("search", "saved/searches", detection, site, "global", false)
	s.Put(
		"search",
		"configs/conf-macros",
		"ollama_server",
		url.Values{"definition": {"index=ai"}, "iseval": {"0"}},
		"global",
		false,
	)

	changes, err := Install(t.Context(), c, plan())
	expect(t, "install", outcome(t, changes, err),
		"macro ollama_server: kept (this site's own)",
		"macro ollama_network_failure_filter: unchanged",
		"saved search Ollama Network Failure: updated: cron_schedule")
	if v := changes[2].Values; len(v) != 1 || v[0] != (ValueChange{"cron_schedule", "7 * * * *", "0 * * * *"}) {
		t.Errorf("got %+v", v)
	}
	got, sharing, _ := s.Get("search", "saved/searches", detection)
	for key, want := range map[string]string{"disabled": "0", "action.risk": "0", "action.email": "1", "cron_schedule": "0 * * * *"} {
		if got.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Get(key), want)
		}
	}
	if sharing != "global" {
		t.Errorf("shared %s: it must not be narrowed", sharing)
	}

	changes, err = Uninstall(t.Context(), c, plan())
	expect(t, "uninstall", outcome(t, changes, err),
		"saved search Ollama Network Failure: removed",
		"macro ollama_network_failure_filter: removed",
		"macro ollama_server: kept (this site's own)")
}

// A macro that an older version installed has the description of that time, which makes it
// nobody else's.
func TestAnOlderDescriptionIsOurs(t *testing.T) {
	const name = "ollama_network_failure_filter"
	s := splunkdtest.Start(t)
	c := connect(t, s)
	p := plan()
	filter := p.Entities[1]
	filter.Values = maps.Clone(filter.Values)
	filter.Values.Set("description", "What an older version said.")
	older := func() {
		s.Put("search", "configs/conf-macros", name, filter.Values, "global", false)
	}
	p.Entities[1].Values.Set("description", "What this version says.")

	older()
	changes, err := Uninstall(t.Context(), c, p)
	if got := outcome(t, changes, err); !strings.Contains(got, "macro "+name+": removed") {
		t.Errorf("uninstall: got\n%s", got)
	}

	older()
	changes, err = Install(t.Context(), c, p)
	if got := outcome(t, changes, err); !strings.Contains(got, "macro "+name+": updated: description") {
		t.Errorf("install: got\n%s", got)
	}
	if got, _, _ := s.Get("search", "configs/conf-macros", name); got.Get("description") != "What this version says." {
		t.Errorf("described as %q", got.Get("description"))
	}
}

func TestInstallEnables(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	p := plan()
	p.Enable = true
	if _, err := Install(t.Context(), c, p); err != nil {
		t.Fatal(err)
	}
	disabled := func() string {
		got, _, _ := s.Get("search", "saved/searches", detection)
		return got.Get("disabled")
	}
	if disabled() != "0" {
		t.Error("created, but not enabled")
	}
	if p.Entities[2].Values.Get("disabled") != "true" {
		t.Error("the plan itself was changed")
	}
	if err := c.SetEnabled(t.Context(), "search", detection, false); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(t.Context(), c, plan()); err != nil || disabled() != "1" {
		t.Errorf("disabled is %s, %v", disabled(), err)
	}
	changes, err := Install(t.Context(), c, p)
	if got := outcome(t, changes, err); !strings.HasSuffix(got, "updated: enabled") || disabled() != "0" {
		t.Errorf("disabled is %s after\n%s", disabled(), got)
	}
}

// Content that others share under the same names is neither ours nor in the way.
func TestInstallBesideOthers(t *testing.T) {
	s := splunkdtest.Start(t)
	s.AddApp("content", false)
	theirs := url.Values{"definition": {"sourcetype=theirs"}, "iseval": {"0"}}
	s.Put("content", "configs/conf-macros", "ollama_server", theirs, "global", false)
	c := connect(t, s)
	changes, err := Install(t.Context(), c, plan())
	if got := outcome(t, changes, err); !strings.HasPrefix(got, "macro ollama_server: created\n") {
		t.Errorf("got %s", got)
	}
	if _, err := Uninstall(t.Context(), c, plan()); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := s.Get("search", "configs/conf-macros", "ollama_server"); ok {
		t.Error("ours is still there")
	}
	if got, _, _ := s.Get(
		"content",
		"configs/conf-macros",
		"ollama_server",
	); got.Get(
		"definition",
	) != "sourcetype=theirs" {
		t.Errorf("theirs is %v", got)
	}
	changes, err = Uninstall(t.Context(), c, plan())
	if got := outcome(t, changes, err); !strings.HasSuffix(got, "macro ollama_server: absent") {
		t.Errorf("took theirs for ours: %s", got)
	}
}

func TestWhatThePackageBroughtStays(t *testing.T) {
	s := splunkdtest.Start(t)
	s.AddApp("TA-ollama-hec", false)
	p := plan()
	p.App = "TA-ollama-hec"
	for _, e := range p.Entities {
		collection := map[Kind]string{Macro: "configs/conf-macros", SavedSearch: "saved/searches"}[e.Kind]
		s.Put(p.App, collection, e.Name, e.Values, "global", true)
	}
	c := connect(t, s)
	changes, err := Install(t.Context(), c, p)
	if got := outcome(t, changes, err); strings.Count(got, "unchanged") != 3 {
		t.Errorf("got %s", got)
	}
	changes, err = Uninstall(t.Context(), c, p)
	if got := outcome(
		t,
		changes,
		err,
	); strings.Count(
		got,
		"kept (part of the app TA-ollama-hec, which goes as a whole)",
	) != 3 {
		t.Errorf("got %s", got)
	}
}

func TestInstallThatFailsMidway(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	s.Fail("POST", "saved/searches", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"messages":[{"type":"ERROR","text":"disk full"}]}`)
	})
	changes, err := Install(t.Context(), c, plan())
	const want = "install saved search Ollama Network Failure: POST /servicesNS/nobody/search/saved/searches: 500 Internal Server Error: disk full"
	if err == nil || err.Error() != want || len(changes) != 2 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
	changes, err = Install(t.Context(), c, plan())
	expect(t, "again", outcome(t, changes, err),
		"macro ollama_server: unchanged",
		"macro ollama_network_failure_filter: unchanged",
		"saved search Ollama Network Failure: created")
}

func TestInstallSharesWhatIsHidden(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	p := plan()
	p.ACL.Sharing = "global"
	s.Fail("POST", "ollama_server/acl", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	_, err := Install(t.Context(), c, p)
	if err == nil || !strings.Contains(err.Error(), "created, but not shared as planned: ") {
		t.Errorf("got %v", err)
	}
	changes, err := Install(t.Context(), c, p)
	if got := outcome(t, changes, err); !strings.HasPrefix(got, "macro ollama_server: updated (now shared: global)\n") {
		t.Errorf("got %s", got)
	}
	if _, sharing, _ := s.Get("search", "configs/conf-macros", "ollama_server"); sharing != "global" {
		t.Errorf("shared %s", sharing)
	}
}

func TestInstallWhereThereIsNoApp(t *testing.T) {
	s := splunkdtest.Start(t)
	p := plan()
	p.App = "none"
	if changes, err := Install(t.Context(), connect(t, s), p); err == nil || len(changes) > 0 || len(s.Writes()) > 0 {
		t.Errorf("%v, %v, %v", changes, err, s.Writes())
	}
}

// Arguments that only conf files know would be refused by splunkd; the server must
// refuse them as well, or it proves nothing.
func TestConfKeysAreNotArguments(t *testing.T) {
	c := connect(t, splunkdtest.Start(t))
	for _, key := range []string{"enableSched", "counttype", "relation", "quantity", "nonsense"} {
		err := c.Upsert(t.Context(), "search", SavedSearch, "x", url.Values{"search": {"*"}, key: {"1"}})
		if err == nil ||
			!strings.Contains(err.Error(), fmt.Sprintf("400 Bad Request: Argument %q is not supported by this handler.", key)) {
			t.Errorf("%s: %v", key, err)
		}
	}
	err := c.Upsert(t.Context(), "search", SavedSearch, "x", url.Values{"search": {"*"}, "cron_schedule": {"often"}})
	if err == nil || !strings.Contains(err.Error(), `Invalid cron_schedule="often"`) {
		t.Errorf("got %v", err)
	}
}
