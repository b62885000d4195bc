package discover

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"ollama-hec/input/internal/closed"
)

var update = flag.Bool("update", false, "write golden files")

var systems = map[string]System{
	"linux user":    {GOOS: "linux", Home: "/home/user1"},
	"linux root":    {GOOS: "linux", Home: "/root", Root: true},
	"linux no home": {GOOS: "linux", Root: true},
	"macos user":    {GOOS: "darwin", Home: "/Users/user1"},
	"macos root":    {GOOS: "darwin", Home: "/var/root", Root: true},
	"windows user":  {GOOS: "windows", Env: env("LOCALAPPDATA", `C:\Users\user1\AppData\Local`, "SystemDrive", "C:")},
	"windows service": {
		GOOS: "windows",
		Env:  env("LOCALAPPDATA", `D:\Windows\system32\config\systemprofile\AppData\Local`, "SystemDrive", "D:"),
	},
	"windows bare": {GOOS: "windows", Env: env()},
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// The logs of reference installations, and what lies beside them.
func TestPlaces(t *testing.T) {
	linux := []string{"/var/log/ollama/ollama.log", "/var/log/ollama.log",
		"/var/lib/docker/containers/0f/0f-json.log", "/var/lib/containers/storage/overlay-containers/0f/userdata/ctr.log",
		"/var/lib/containers/storage/vfs-containers/0f/userdata/ctr.log", "/var/log/pods/ai_ollama-0_1/ollama/0.log"}
	for name, tt := range map[string]struct{ in, out []string }{
		"linux user": {append(slices.Clone(linux), "/home/user1/.ollama/logs/server.log"),
			[]string{"/home/user2/.ollama/logs/server.log", "/var/log/ollama/ollama.log.1", "/var/log/ollama-hec.log", "/var/log/ollama-hec/run.log", "/home/user1/.ollama/history",
				"/var/lib/containers/storage/overlay-containers/0f/userdata/attach.log"}},
		"linux root": {append(slices.Clone(linux), "/home/user1/.ollama/logs/server.log", "/root/.ollama/logs/server.log",
			"/home/user1/.local/share/docker/containers/0f/0f-json.log",
			"/home/user1/.local/share/containers/storage/overlay-containers/0f/userdata/ctr.log", "/usr/share/ollama/.ollama/logs/server.log"), nil},
		"linux no home": {append(slices.Clone(linux), "/root/.ollama/logs/server.log"), []string{"/.ollama/logs/server.log"}},
		"macos user": {[]string{"/Users/user1/.ollama/logs/server.log", "/Users/user1/.ollama/logs/server-1.log", "/Users/user1/.ollama/logs/app.log",
			"/Users/user1/.ollama/logs/upgrade.log", "/opt/homebrew/var/log/ollama.log"},
			[]string{"/Users/user2/.ollama/logs/server.log", "/Users/user1/.ollama/logs/server.txt", "/Users/user1/.ollama/logs/server-x.log"}},
		"macos root":   {[]string{"/Users/user1/.ollama/logs/server-5.log", "/var/root/.ollama/logs/server.log"}, nil},
		"windows user": {[]string{"C:/Users/user1/AppData/Local/Ollama/server.log", "C:/Users/user1/AppData/Local/Ollama/app-2.log"}, []string{"C:/Users/user2/AppData/Local/Ollama/server.log"}},
		"windows service": {[]string{"D:/Users/user1/AppData/Local/Ollama/server.log", "D:/Users/user2/AppData/Local/Ollama/app.log",
			"D:/Windows/system32/config/systemprofile/AppData/Local/Ollama/server.log"}, nil},
		"windows bare": {[]string{"C:/Users/user1/AppData/Local/Ollama/server.log"}, nil},
	} {
		matches := func(path string) bool {
			return slices.ContainsFunc(systems[name].Places(), func(p Place) bool {
				return doublestar.MatchUnvalidated(strings.ReplaceAll(p.Glob, `\`, "/"), path)
			})
		}
		for _, path := range tt.in {
			if !matches(path) {
				t.Errorf("%s: no place has %s", name, path)
			}
		}
		for _, path := range tt.out {
			if matches(path) {
				t.Errorf("%s: a place has %s", name, path)
			}
		}
	}
}

func TestPlacesAreWholeGlobs(t *testing.T) {
	for name, s := range systems {
		seen := map[string]bool{}
		for _, p := range s.Places() {
			if !doublestar.ValidatePattern(strings.ReplaceAll(p.Glob, `\`, "/")) || p.What == "" || seen[p.Glob] {
				t.Errorf("%s: %+v", name, p)
			}
			seen[p.Glob] = true
		}
	}
	s := System{GOOS: "linux", Home: "/home/a[1]*"}
	if !slices.ContainsFunc(s.Places(), func(p Place) bool {
		return doublestar.MatchUnvalidated(p.Glob, "/home/a[1]*/.ollama/logs/server.log")
	}) {
		t.Error("a home with brackets is taken for a glob")
	}
}

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// host lays out files below a directory and returns the places there.
func host(t *testing.T, files map[string]string) []Place {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	places := System{GOOS: "linux", Home: "/root", Root: true}.Places()
	for i := range places {
		places[i].Glob = root + places[i].Glob
	}
	return places
}

func TestLook(t *testing.T) {
	other := strings.Replace(id, "0", "f", 1)
	third := strings.Replace(id, "0", "e", 1)
	places := host(t, map[string]string{
		"var/log/ollama/ollama.log":                                      "",
		"var/lib/docker/containers/" + id + "/" + id + "-json.log":       "",
		"var/lib/docker/containers/" + id + "/config.v2.json":            `{"Name":"/llm","Config":{"Image":"ollama/ollama:latest"}}`,
		"var/lib/docker/containers/" + other + "/" + other + "-json.log": "",
		"var/lib/docker/containers/" + other + "/config.v2.json":         `{"Name":"/db","Config":{"Image":"postgres"}}`,
		"var/lib/docker/containers/" + third + "/" + third + "-json.log": "",
		"var/log/pods/ai_ollama-0_1/ollama/0.log":                        "",
		"var/log/pods/ai_ollama-hec-x_1/ollama-hec/0.log":                "",
	})
	filter := &Filter{}
	var got []string
	for range 2 { // the second time from memory
		got = got[:0]
		for _, f := range Scan(places, filter) {
			if f.Err != nil {
				t.Error(f.Err)
			}
			for _, file := range f.Files {
				got = append(got, f.What+" "+filepath.Base(file))
			}
			if f.Ignored > 0 {
				got = append(got, fmt.Sprint(f.What, " ", f.Ignored, " others"))
			}
		}
		want := []string{
			service + " ollama.log",
			docker + " " + id + "-json.log",
			docker + " 2 others",
			pod + " 0.log",
			pod + " 1 others",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	// A container whose description appears late is told then.
	log := strings.Replace(strings.Replace(dockerGlob(places), "*-json.log", third+"-json.log", 1), "*", third, 1)
	config := filepath.Join(filepath.Dir(log), "config.v2.json")
	if err := os.WriteFile(config, []byte(`{"Name":"/ollama"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if !filter.Ollama(log) {
		t.Errorf("%s is not taken for Ollama's", log)
	}
}

func TestPodman(t *testing.T) {
	const store = "home/user1/.local/share/containers/storage/overlay-containers/"
	ids := map[string]string{} // by name
	for i, name := range []string{"llm", "ollama", "db", "ollama-hec", "unknown"} {
		ids[name] = fmt.Sprint(i) + id[1:]
	}
	listed := func(name, image string) string {
		about := fmt.Sprintf(`{"image-name":%q,"image-id":"sha","name":%q,"created-at":1792610141}`, image, name)
		return fmt.Sprintf(
			`{"id":%q,"names":[%q],"image":"sha","layer":"l","metadata":%q,"created":"2026-10-21T19:15:41Z","flags":{"MountLabel":""}}`,
			ids[name],
			name,
			about,
		)
	}
	files := map[string]string{
		store + "containers.json": "[" + listed(
			"llm",
			"docker.io/ollama/ollama:latest",
		) + "," + listed(
			"db",
			"docker.io/library/postgres:17",
		) + "]",
		store + "volatile-containers.json": "[" + listed(
			"ollama",
			"localhost/mine:1",
		) + "," + listed(
			"ollama-hec",
			"localhost/ollama-hec:1",
		) + "]",
	}
	for _, containerID := range ids {
		files[store+containerID+"/userdata/ctr.log"] = ""
	}
	places := host(t, files)
	filter := &Filter{}
	var got []string
	for _, f := range Scan(places, filter) {
		for _, file := range f.Files {
			fields := map[string]string{}
			for _, field := range Fields(file) {
				fields[field.Name] = field.Value
			}
			got = append(
				got,
				fmt.Sprint(
					f.What,
					" ",
					fields["container"],
					" ",
					fields["image"],
					" ",
					fields["container_id"] == ids[fields["container"]],
				),
			)
		}
		if f.Ignored > 0 {
			got = append(got, fmt.Sprint(f.What, " ", f.Ignored, " others"))
		}
	}
	want := []string{
		podman + " llm docker.io/ollama/ollama:latest true",
		podman + " ollama localhost/mine:1 true",
		podman + " 3 others",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// One that the list names late is told then.
	root := strings.TrimSuffix(places[0].Glob, "/var/log/ollama/*.log")
	list := filepath.Join(root, filepath.FromSlash(store), "containers.json")
	if err := os.WriteFile(list, []byte("["+listed("unknown", "docker.io/ollama/ollama")+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, ollama := range map[string]bool{"unknown": true, "llm": true, "db": false} {
		if log := filepath.Join(
			root,
			filepath.FromSlash(store),
			ids[name],
			"userdata",
			"ctr.log",
		); filter.Ollama(
			log,
		) != ollama {
			t.Errorf("%s is taken for Ollama's: %v", name, !ollama)
		}
	}
}

func dockerGlob(places []Place) string {
	for _, p := range places {
		if p.What == docker {
			return p.Glob
		}
	}
	return ""
}

func TestConfigIsNotFollowedElsewhere(t *testing.T) {
	places := host(t, map[string]string{
		"secret": `{"Name":"/ollama"}`,
		"var/lib/docker/containers/" + id + "/" + id + "-json.log": "",
	})
	log := strings.Replace(strings.Replace(dockerGlob(places), "*-json.log", id+"-json.log", 1), "*", id, 1)
	root := strings.TrimSuffix(dockerGlob(places), "/var/lib/docker/containers/*/*-json.log")
	if err := os.Symlink(filepath.Join(root, "secret"), filepath.Join(filepath.Dir(log), "config.v2.json")); err != nil {
		t.Fatal(err)
	}
	if (&Filter{}).Ollama(log) || len(Fields(log)) != 1 {
		t.Errorf("a symlink was read: %v", Fields(log))
	}
}

func TestChooseJournal(t *testing.T) {
	linux := systems["linux root"]
	file := []Found{{Place: Place{What: service}, Files: []string{"/var/log/ollama.log"}}}
	containers := []Found{{Place: Place{What: docker, Containers: true}, Files: []string{"/x-json.log"}}}
	has := func(string) (bool, error) { return true, nil }
	hasNot := func(string) (bool, error) { return false, nil }
	fails := func(string) (bool, error) { return false, errors.New("journalctl is not in PATH") }
	for name, tt := range map[string]struct {
		system       System
		setting, dir string
		found        []Found
		probe        func(string) (bool, error)
		unit, why    string
	}{
		"nothing else":          {linux, "", "", nil, has, "ollama", "holds lines"},
		"a log file":            {linux, "", "", file, has, "", "/var/log/ollama.log"},
		"only containers":       {linux, "", "", containers, has, "ollama", "holds lines"},
		"named":                 {linux, "ollama@gpu", "", file, hasNot, "ollama@gpu", "JOURNAL_UNIT"},
		"off":                   {linux, "off", "/j", nil, has, "", "off"},
		"elsewhere":             {linux, "", "/j", file, hasNot, "ollama", "JOURNAL_DIR"},
		"journal without it":    {linux, "", "", nil, hasNot, "", "nothing of a unit"},
		"no journal":            {linux, "", "", nil, fails, "", "not in PATH"},
		"a system without such": {systems["macos user"], "", "", nil, has, "", "has none"},
	} {
		got := tt.system.ChooseJournal(tt.setting, tt.dir, tt.found, tt.probe)
		if got.Unit != tt.unit || !strings.Contains(got.Why, tt.why) {
			t.Errorf("%s: got %+v", name, got)
		}
		// It is looked at again if nothing but its lack of entries speaks against it.
		if want := name == "journal without it" || name == "no journal"; got.MayAppear != want {
			t.Errorf("%s: looked at later: %v", name, got.MayAppear)
		}
	}
}

func TestNothingFoundSaysWhatToDo(t *testing.T) {
	for name, s := range systems {
		var found []Found
		for _, p := range s.Places() {
			found = append(found, Found{Place: p})
		}
		if s.GOOS == "linux" {
			found[len(found)-1].Ignored = 3
			found[len(found)-2].Err = &closed.Error{Path: "/var/lib/containers", Dir: true, User: "ollama-hec"}
		}
		journal := s.ChooseJournal("", "", found, func(string) (bool, error) { return false, nil })
		err := s.NoLogs(found, journal)
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".golden")
		if *update {
			if err := os.WriteFile(golden, []byte(err.Error()+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, readErr := os.ReadFile(golden)
		if readErr != nil {
			t.Fatal(readErr)
		}
		if err.Error()+"\n" != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	found := []Found{
		{Place: Place{Glob: "/var/log/ollama/*.log", What: service}, Files: []string{"/var/log/ollama/ollama.log"}},
		{Place: Place{Glob: "/var/log/pods/*/*/*.log", What: pod, Containers: true}, Ignored: 2},
		{Place: Place{Glob: "/root/*.log", What: user}, Err: errors.New("permission denied")},
	}
	got := Explain(found, Journal{Unit: "ollama", Why: "JOURNAL_UNIT names it"})
	want := []string{
		"/var/log/ollama/ollama.log: log file of the service",
		"/var/log/pods/*/*/*.log: 2 logs of other containers left alone",
		"journal of ollama: JOURNAL_UNIT names it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	shut := Closed(append(found, found...))
	if len(shut) != 1 || shut[0].Place.What != user || shut[0].Err != found[2].Err {
		t.Errorf("closed are %+v", shut)
	}
	if got := Explain(nil, Journal{Why: "it holds nothing"}); !slices.Equal(got, []string{"journal: it holds nothing"}) {
		t.Errorf("got %q", got)
	}
	macos := systems["macos user"]
	if got := Explain(nil, macos.ChooseJournal("", "", nil, nil)); got != nil {
		t.Errorf("got %q", got)
	}
	if err := systems["linux user"].NoLogs(found, Journal{}); err != nil {
		t.Errorf("one file was found, but: %v", err)
	}
	if err := systems["linux user"].NoLogs(nil, Journal{Unit: "ollama"}); err != nil {
		t.Errorf("the journal is read, but: %v", err)
	}
}
