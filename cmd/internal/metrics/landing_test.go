package metrics

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/file"
)

func TestLandingPage(t *testing.T) {
	_, url := running(t)
	eventually(t, "the event is delivered", func() bool {
		_, body := get(t, url+"/")
		return strings.Contains(body, "now</div>") || strings.Contains(body, "ago</div>")
	})
	resp, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"o.log", "No problem is known.", "ollama:server</td><td class=\"n\">1</td>", "Nothing is captured", "Dead letters"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	_, rest, _ := strings.Cut(string(text), "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := resp.Header.Get("Content-Security-Policy")
	if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy, "style-src 'sha256-"+hash+"'") ||
		!strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if status, _ := get(t, url+"/other"); status != http.StatusNotFound {
		t.Errorf("another path: status %d", status)
	}
}

// The names of files, which others may choose, are text in the page, and so is what Splunk says.
func TestLandingPageOfHostileNames(t *testing.T) {
	names := []string{`<script>document.title='owned'<!--.log`, `"><img src=x onerror=alert(1)>.log`, "\x1b[31m\u202egol.log"}
	fault := receiver.Fault{Status: http.StatusForbidden, Body: `<script>alert(1)</script>`}
	_, url := runningOn(t, names, receiver.Always(fault))
	var body string
	eventually(t, "the reply is told", func() bool {
		_, body = get(t, url+"/")
		return strings.Contains(body, "No endpoint takes events") && strings.Count(body, ".log</td>") == len(names)
	})
	elements := []string{
		"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "a", "div", "section", "table", "thead", "tbody", "tr", "th", "td",
	}
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			break
		}
		token := z.Token()
		if kind == html.CommentToken || kind == html.StartTagToken && !slices.Contains(elements, token.Data) {
			t.Errorf("an element or a comment: %v", token)
		}
	}
	if text := html.UnescapeString(body); !strings.Contains(text, names[0]) || !strings.Contains(text, names[1]) {
		t.Errorf("not all names are shown: %s", text)
	}
	if strings.ContainsAny(body, "\x1b\u202e") {
		t.Error("a character that controls what is shown")
	}
}

// A browser shows the page under its policy.
func TestLandingPageInChromium(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	_, url := running(t)
	cmd := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--dump-dom", url+"/")
	var dom, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dom, &log
	if err := cmd.Run(); err != nil {
		t.Skipf("chromium does not run here: %v\n%.500s", err, log.String())
	}
	said := strings.ToLower(log.String())
	if !strings.Contains(dom.String(), "o.log") || strings.Contains(said, "refused to") || strings.Contains(said, "content security policy") {
		t.Errorf("%.500s\n%s", dom.String(), log.String())
	}
}

func TestRates(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var r rates
	at := func(seconds int) sample {
		n := int64(seconds)
		return sample{start.Add(time.Duration(seconds) * time.Second), 10 * n, 5 * n, 1000 * n}
	}
	if _, _, _, ok := r.now(at(0)); ok {
		t.Error("a rate of no sample")
	}
	r.note(at(0))
	if _, _, _, ok := r.now(at(0)); ok {
		t.Error("a rate of no time")
	}
	for s := 5; s <= 600; s += 5 {
		r.note(at(s))
	}
	if lines, events, size, ok := r.now(at(602)); !ok || lines != 10 || events != 5 || size != 1000 {
		t.Errorf("%v lines, %v events, %v bytes, %v", lines, events, size, ok)
	}
	if n := len(r.samples); n > 14 {
		t.Errorf("%d samples are kept", n)
	}
	idle := at(600)
	idle.at = start.Add(660 * time.Second)
	r.note(idle)
	if lines, _, _, _ := r.now(idle); lines != 0 {
		t.Errorf("%v lines a second, and nothing came for a minute", lines)
	}
}

// The files that wait most come first, and of very many only some are listed.
func TestFileRows(t *testing.T) {
	var all []file.FileStatus
	for i := range landingFiles + 7 {
		all = append(all, file.FileStatus{Path: "f", Lag: int64(i)})
	}
	rows, more := fileRows(all, nil)
	if len(rows) != landingFiles || more != 7 || rows[0].Waiting != size(landingFiles+6) {
		t.Errorf("%d rows and %d more, first %+v", len(rows), more, rows[0])
	}
}
