package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/simulate/knowledge"
)

var when = time.Unix(1_800_000_000, 0).UTC()

func testOptions() *options {
	return &options{root: "../..", main: "./splunk_app/packaging", version: "1.2.3", commit: "abc", when: when}
}

// archive packs the tree with an executable of each target and reads it back.
func archive(t *testing.T, p pkg) (map[string]string, []*tar.Header, []byte) {
	t.Helper()
	files, err := testOptions().tree()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range p.targets {
		files = append(files, file{target.path, 0o755, []byte(target.goos + "/" + target.goarch)})
	}
	var packed bytes.Buffer
	if err := write(&packed, files, when); err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	texts := make(map[string]string)
	var headers []*tar.Header
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return texts, headers, packed.Bytes()
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		headers = append(headers, h)
		texts[strings.TrimPrefix(h.Name, app+"/")] = string(text)
	}
}

// The package is laid out as Splunk and its inspection want it.
func TestPackage(t *testing.T) {
	for _, p := range packages {
		texts, headers, _ := archive(t, p)
		var names []string
		for _, h := range headers {
			names = append(names, h.Name)
			inBin := path.Base(path.Dir(h.Name)) == "bin"
			switch {
			case !strings.HasPrefix(h.Name, app+"/"):
				t.Errorf("%s is not in the add-on's folder", h.Name)
			case strings.Contains(h.Name, "/.") || strings.HasSuffix(h.Name, ".go") || strings.Contains(h.Name, "/local/"):
				t.Errorf("%s must not be in a package", h.Name)
			case h.Typeflag == tar.TypeDir && h.Mode != 0o755,
				h.Typeflag == tar.TypeReg && inBin && h.Mode != 0o755,
				h.Typeflag == tar.TypeReg && !inBin && h.Mode != 0o644:
				t.Errorf("%s has mode %o", h.Name, h.Mode)
			case !h.ModTime.Equal(when) || h.Uid != 0 || h.Uname != "":
				t.Errorf("%s is of %v, owner %d %s", h.Name, h.ModTime, h.Uid, h.Uname)
			}
		}
		if !slices.IsSorted(names) {
			t.Errorf("the entries are not sorted: %q", names)
		}
		for _, name := range []string{"app.manifest", "README.md", "LICENSE", "README/inputs.conf.spec", "metadata/default.meta",
			"lookups/ollama_trusted_ranges.csv", "default/app.conf", "default/inputs.conf", "default/props.conf", "default/transforms.conf",
			"default/eventtypes.conf", "default/tags.conf", "default/macros.conf", "default/savedsearches.conf",
			"default/data/ui/nav/default.xml", "default/data/ui/views/ollama.xml", "default/data/ui/views/setup.xml",
			managerPath, "appserver/static/setup.js", "appserver/static/setup.css", "README/setup.png",
			"default/data/ui/views/ollama_captured.xml", "default/data/ui/views/ollama_shippers.xml",
			"static/appIcon.png", "static/appIcon_2x.png", "static/appIconAlt.png", "static/appIconAlt_2x.png", p.targets[0].path} {
			if texts[name] == "" {
				t.Errorf("%s: %s is missing or empty", p.name, name)
			}
		}
		for name, text := range texts {
			if strings.Contains(text, "@VERSION@") || strings.Contains(text, "@BUILD@") {
				t.Errorf("%s is not filled in", name)
			}
		}
	}
}

// One version and one id, wherever Splunk looks.
func TestIdentity(t *testing.T) {
	texts, _, _ := archive(t, packages[0])
	conf, err := knowledge.ParseConf(texts["default/app.conf"])
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		SchemaVersion string
		Info          struct {
			ID struct{ Name, Version string }
		}
	}
	if err := json.Unmarshal([]byte(texts["app.manifest"]), &manifest); err != nil {
		t.Fatal(err)
	}
	for where, got := range map[string]string{
		"[package] id":      conf.Stanza("package").Keys["id"],
		"[id] name":         conf.Stanza("id").Keys["name"],
		"app.manifest name": manifest.Info.ID.Name,
	} {
		if got != app {
			t.Errorf("%s is %q", where, got)
		}
	}
	for where, got := range map[string]string{
		"[launcher] version":   conf.Stanza("launcher").Keys["version"],
		"[id] version":         conf.Stanza("id").Keys["version"],
		"app.manifest version": manifest.Info.ID.Version,
	} {
		if got != "1.2.3" {
			t.Errorf("%s is %q", where, got)
		}
	}
	if conf.Stanza("install").Keys["build"] != "1800000000" || manifest.SchemaVersion != "2.0.0" {
		t.Errorf("build %s, manifest of version %s", conf.Stanza("install").Keys["build"], manifest.SchemaVersion)
	}
}

// The same files make the same bytes, the same source the same executable.
func TestReproducible(t *testing.T) {
	_, _, first := archive(t, packages[0])
	_, _, again := archive(t, packages[0])
	if !bytes.Equal(first, again) {
		t.Error("two packages of the same files differ")
	}
	here := target{runtime.GOOS, runtime.GOARCH, ""}
	one, err := testOptions().executable(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	two, err := testOptions().executable(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("two builds of the same source differ")
	}
}

func TestVersions(t *testing.T) {
	if v, err := programVersion("../.."); err != nil || !semver.MatchString(v) {
		t.Errorf("the program's version is %q, %v", v, err)
	}
	o := testOptions()
	o.version = "1.2.3.4"
	if err := o.complete(t.Context()); err == nil || !strings.Contains(err.Error(), "three numbers") {
		t.Errorf("four parts: %v", err)
	}
}

// Every argument of the input is described, no other is, and no input is
// switched on.
func TestInputs(t *testing.T) {
	texts, _, _ := archive(t, packages[0])
	conf, err := knowledge.ParseConf(texts["default/inputs.conf"])
	if err != nil {
		t.Fatal(err)
	}
	if len(conf) != 1 || conf[0].Name != "ollama_logs" {
		t.Fatalf("inputs.conf has more than defaults: %v", conf)
	}
	spec := texts["README/inputs.conf.spec"]
	if !strings.Contains(spec, "\n[ollama_logs://<name>]\n") {
		t.Error("the spec has no stanza for the input")
	}
	var described []string
	for _, line := range strings.Split(spec, "\n") {
		if name, _, ok := strings.Cut(line, " = <"); ok {
			described = append(described, name)
		} else if name, _, ok := strings.Cut(line, " = ["); ok {
			described = append(described, name)
		}
	}
	var arguments []string
	for _, a := range modinput.OllamaLogs().Arguments {
		arguments = append(arguments, a.Name)
	}
	if !slices.Equal(described, arguments) {
		t.Errorf("the spec describes %q, the input takes %q", described, arguments)
	}
	for key := range conf[0].Keys {
		if !slices.Contains(arguments, key) && !slices.Contains([]string{"start_by_shell", "interval", "disabled"}, key) {
			t.Errorf("%s is no argument of the input", key)
		}
	}
}
