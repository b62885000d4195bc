package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ollama-hec/splunk_app/detections"
)

func pageOf(t *testing.T, events []detections.Event) string {
	t.Helper()
	r := NewPage("ollama:server", "ollama:api", "ollama:prompts")
	for _, e := range events {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := r.WritePage(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// hostile are texts that would do something in a page, were they not text.
var hostile = []string{
	`<script>document.title="owned"</script>`,
	`</script></style></title><img src=x onerror="document.title='owned'">`,
	`"><svg onload="document.title='owned'"><a href="javascript:document.title='owned'">`,
	`{{.Policy}}`,
	"\x1b[31m\u202egpj.exe\u2066\x00\xff",
	`'--><iframe srcdoc="<script>parent.document.title='owned'</script>">`,
}

// hostileEvents carry those texts wherever a client, a registry or a file name can put them.
func hostileEvents() (events []detections.Event) {
	for i, text := range hostile {
		at := fmt.Sprint(1_800_000_000 + i)
		add := func(sourcetype, raw string) {
			events = append(events, detections.Event{
				Sourcetype: "ollama:" + sourcetype, Source: text, Host: text, Time: at, Raw: raw,
			})
		}
		quoted := fmt.Sprintf("%q", text)
		add("server", `time=2026-01-07T09:14:02.120+01:00 level=WARN source=images.go:730 msg="request failed: Get \"https://`+
			strings.ReplaceAll(strings.Trim(quoted, `"`), `\`, ``)+`/v2/a/b/manifests/latest\": dial tcp: connection refused"`)
		add("server", `[GIN] 2026/01/07 - 09:14:02 | 200 |      94.911µs |    203.0.113.77 | DELETE   "/api/delete?`+strings.Trim(quoted, `"`)+`"`)
		add("server", "panic: "+text)
		add("api", `{"origin":"access_log","src":"203.0.113.77","src_scope":`+quoted+`,"operation":`+quoted+
			`,"http_method":"DELETE","uri_path":"/api/delete","status":200,"response_time_ms":1}`)
		add("prompts", `{"origin":"debug_log","prompt_length":10,"prompt":`+quoted+`}`)
	}
	return events
}

// What stands in a page: no element that loads or runs anything, no attribute that does, only
// pictures that are part of it.
func TestPageOfHostileEvents(t *testing.T) {
	text := pageOf(t, hostileEvents())
	tags := []string{
		"html", "head", "meta", "title", "style", "body", "header", "h1", "p", "a", "span", "details", "summary", "ul", "ol",
		"li", "bdi", "b", "main", "h2", "h3", "div", "section", "picture", "source", "img", "table", "thead", "tbody", "tr", "th", "td",
		"dl", "dt", "dd", "footer",
	}
	attributes := []string{
		"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "media", "srcset", "src", "alt", "width", "height", "scope",
	}
	z := html.NewTokenizer(strings.NewReader(text))
	seen := 0
	var inside strings.Builder
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			inside.WriteString(token.Data)
			continue
		case html.CommentToken:
			t.Errorf("a comment: %s", token.Data)
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		seen++
		if !slices.Contains(tags, token.Data) {
			t.Errorf("an element %s", token.Data)
		}
		for _, a := range token.Attr {
			if !slices.Contains(attributes, a.Key) {
				t.Errorf("an attribute %s of %s", a.Key, token.Data)
			}
			picture := strings.HasPrefix(a.Val, "data:image/svg+xml;base64,")
			if (a.Key == "src" || a.Key == "srcset") && !picture || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("%s of %s is %s", a.Key, token.Data, a.Val)
			}
		}
	}
	if seen < 200 {
		t.Errorf("only %d elements", seen)
	}
	for _, h := range hostile {
		if !strings.Contains(inside.String(), shown(h)) {
			t.Errorf("%s is not shown", h)
		}
	}
	if strings.ContainsAny(text, "\x1b\x00\u202e\u2066") {
		t.Error("a character that controls what is shown")
	}
}

// The policy allows the style that is there, by its hash, and nothing from elsewhere.
func TestPagePolicy(t *testing.T) {
	text := pageOf(t, nil)
	_, rest, _ := strings.Cut(text, "<style>")
	style, _, found := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := html.UnescapeString(regexp.MustCompile(`Content-Security-Policy" content="([^"]+)"`).FindStringSubmatch(text)[1])
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !found || !strings.Contains(policy, want) {
		t.Errorf("policy %s, want %s", policy, want)
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if regexp.MustCompile(`https?:|url\(|@import`).MatchString(style) {
		t.Error("the style loads something")
	}
}

// Of nothing the page says so, in each of its parts.
func TestPageOfNothing(t *testing.T) {
	text := pageOf(t, nil)
	for _, want := range []string{"No events:", "Nothing.", "No such events in these files.", "Found nothing"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, d := range detections.All() {
		if !strings.Contains(text, html.EscapeString(d.Name)) {
			t.Errorf("%s is not named", d.Name)
		}
	}
}

// Each picture of the page is well-formed, by itself, and without scripts; the page has one in
// light and one in dark for each chart with events.
func TestPictures(t *testing.T) {
	var plain []detections.Event
	for i, operation := range strings.Fields("chat generate embed list show pull push delete copy create") {
		raw := fmt.Sprintf(`{"operation":%q,"status":%d,"response_time_ms":12.5,"src":"127.0.0.1"}`, operation, 400+i)
		at := fmt.Sprint(1_800_000_000 + 7000*i)
		plain = append(plain, detections.Event{Sourcetype: "ollama:api", Time: at, Raw: raw})
	}
	for name, events := range map[string][]detections.Event{"hostile": hostileEvents(), "plain": plain} {
		pictures := regexp.MustCompile(`data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)`).FindAllStringSubmatch(html.UnescapeString(pageOf(t, events)), -1)
		if len(pictures) == 0 || len(pictures)%2 != 0 {
			t.Errorf("%s: %d pictures", name, len(pictures))
		}
		for _, p := range pictures {
			svg, err := base64.StdEncoding.DecodeString(p[1])
			if err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(bytes.NewReader(svg))
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if e, ok := token.(xml.StartElement); ok && !slices.Contains([]string{"svg", "path", "text", "g", "circle"}, e.Name.Local) {
					t.Errorf("%s: a picture has the element %s", name, e.Name.Local)
				}
			}
		}
	}
}

// Each result of a detection stands with lines that it rests on.
func TestLinesOfFindings(t *testing.T) {
	r := NewPage("ollama:server")
	for _, e := range corpus(t) {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	results := 0
	for _, d := range r.detections {
		for _, f := range d.Findings() {
			results++
			lines, all := d.Lines(f)
			if len(lines) == 0 || all < len(lines) {
				t.Errorf("%s: %d lines of %d for %s", d.name, len(lines), all, f.Text)
			}
			for _, l := range lines {
				if l.Source != "" && !slices.Contains(f.Row["host"], filepath.Base(l.Source)) {
					t.Errorf("%s: a line of %s for %v", d.name, l.Source, f.Row["host"])
				}
			}
		}
	}
	if results < 10 {
		t.Errorf("only %d results", results)
	}
}

// A time chart has few columns, however long the log is, and every event is in one of them.
func TestSpans(t *testing.T) {
	const search = "`ollama_api` | timechart count"
	for _, seconds := range []int{0, 5, 50, 3000, 100_000, 40_000_000} {
		d, err := panel{search: search, kind: columns}.start()
		if err != nil {
			t.Fatal(err)
		}
		e := noTime()
		const events = 500
		for i := range events {
			at := float64(1_800_000_000 + seconds*i/events)
			e = e.with(at)
			d.add(map[string][]string{"sourcetype": {"ollama:api"}, "_time": {fmt.Sprintf("%.0f", at)}}, e)
		}
		c := chartOf(d.result(), columns, e, spans[d.first].seconds)
		total := 0.0
		for _, v := range c.values[0] {
			total += v
		}
		if len(c.labels) > columnsMost || total != events {
			t.Errorf("%d s: %d columns with %v events", seconds, len(c.labels), total)
		}
	}
}

// A browser shows the page, runs nothing of it and asks nobody for anything.
func TestPageInChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(pageOf(t, hostileEvents())), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", "file://"+path)
	var dom, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &log
	if err := cmd.Run(); err != nil {
		t.Skipf("chromium does not run here: %v\n%.500s", err, log.String())
	}
	if !strings.Contains(dom.String(), "<title>Ollama report</title>") || !strings.Contains(dom.String(), "What the detections found") {
		t.Errorf("the page is not there: %.300s", dom.String())
	}
	if refused := regexp.MustCompile(`(?i)refused to|violates the following content security`).FindString(log.String()); refused != "" {
		t.Errorf("the page has something that its own policy refuses: %s", log.String())
	}
}

// What says what a Splunk has got has no place in a page about files.
func TestPanelsAreAboutFiles(t *testing.T) {
	list := panels()
	if len(list) < 20 {
		t.Errorf("%d panels", len(list))
	}
	for _, p := range list {
		if strings.HasPrefix(p.search, "| ") {
			t.Errorf("%s looks in a Splunk's indexes", p.title)
		}
	}
}
