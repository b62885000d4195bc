package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html/template"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

// policy is stricter than Splunk Web's: it runs no script but files of its own, and evaluates
// none.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'"

// formKey is what Splunk Web demands of each request that changes something.
const formKey = "0123456789abcdef"

// splunkWeb is a Splunk Web to test the setup page in: it shows the page as Splunk would, and
// passes on what the page asks of splunkd.
type splunkWeb struct {
	t       *testing.T
	http    *httptest.Server
	splunkd *httputil.ReverseProxy
	files   map[string]string // of the add-on
	sdk     []string          // the files of Splunk's SDK; none: a stand-in

	session atomic.Pointer[string] // of who is signed in, as splunkd knows it
	gone    atomic.Bool            // it hangs up on each request to splunkd
	tasks   chan task
	seen    chan seen
}

// task is what somebody does on the page.
type task struct {
	Inputs int    `json:"inputs"` // how many there are to choose from, once the page is complete
	Input  string `json:"input"`  // the one that is chosen, or ""
	Token  string `json:"token"`
	Button string `json:"button"` // store or skip
	Enter  bool   `json:"enter"`  // instead of the button
	End    bool   `json:"end"`
}

// seen is the page afterwards.
type seen struct {
	Kind, Status, Token, TokenType, Text, HTML, Logged, Stored string
	Inputs, Next, Faults                                       []string
	Usable                                                     bool
}

func startSplunkWeb(t *testing.T, splunkd *splunkdtest.Server, sdk []string) *splunkWeb {
	t.Helper()
	to, err := url.Parse(splunkd.URL)
	if err != nil {
		t.Fatal(err)
	}
	texts, _, _ := archive(t, packages[0])
	w := &splunkWeb{
		t: t, files: texts, sdk: sdk, tasks: make(chan task), seen: make(chan seen),
	}
	w.signIn(splunkdtest.AdminToken)
	w.splunkd = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Set("Authorization", "Bearer "+*w.session.Load())
		},
		Transport: splunkd.Client().Transport,
	}
	mux := http.NewServeMux()
	mux.Handle("/en-US/splunkd/__raw/", http.StripPrefix("/en-US/splunkd/__raw", http.HandlerFunc(w.raw)))
	mux.HandleFunc("/en-US/app/"+app+"/setup", w.page)
	mux.HandleFunc("/en-US/static/app/"+app+"/{file}", w.static)
	mux.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("testdata/setup"))))
	mux.HandleFunc("/sdk/{index}/", w.sdkFile)
	mux.HandleFunc("/drive/task", w.task)
	mux.HandleFunc("/drive/seen", w.result)
	w.http = httptest.NewUnstartedServer(mux)
	w.http.Config.ErrorLog = log.New(io.Discard, "", 0) // of browsers that hang up
	w.http.Start()
	t.Cleanup(w.http.Close)
	return w
}

// signIn makes the requests that follow those of whom splunkd knows by the token.
func (w *splunkWeb) signIn(token string) { w.session.Store(&token) }

// raw passes on a request, if it comes from a page of this Splunk Web.
func (w *splunkWeb) raw(out http.ResponseWriter, r *http.Request) {
	if w.gone.Load() {
		panic(http.ErrAbortHandler)
	}
	if r.Method != http.MethodGet && (r.Header.Get("X-Splunk-Form-Key") != formKey || r.Header.Get("X-Requested-With") == "") {
		http.Error(out, "CSRF validation failed", http.StatusForbidden)
		return
	}
	r.Header.Del("Accept-Encoding")
	w.splunkd.ServeHTTP(out, r)
}

// page shows the setup view as Splunk shows a view in Simple XML.
func (w *splunkWeb) page(out http.ResponseWriter, r *http.Request) {
	var view struct {
		Script     string `xml:"script,attr"`
		Stylesheet string `xml:"stylesheet,attr"`
		HTML       struct {
			Panel template.HTML `xml:",innerxml"`
		} `xml:"row>panel>html"`
	}
	if err := xml.Unmarshal([]byte(w.files["default/data/ui/views/setup.xml"]), &view); err != nil {
		w.t.Error(err)
	}
	var scripts []string
	for i, file := range w.sdk {
		scripts = append(scripts, path.Join("/sdk", string(rune('0'+i)), filepath.Base(file)))
	}
	out.Header().Set("Content-Security-Policy", policy)
	http.SetCookie(out, &http.Cookie{Name: "splunkweb_csrf_token", Value: formKey, Path: "/"})
	shown := template.Must(template.ParseFiles("testdata/setup/page.html"))
	err := shown.Execute(out, map[string]any{
		"Script": view.Script, "Stylesheet": view.Stylesheet, "Panel": view.HTML.Panel, "Scripts": scripts, "Picture": r.URL.Query().Has("picture"),
	})
	if err != nil {
		w.t.Error(err)
	}
}

func (w *splunkWeb) static(out http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, ok := w.files["appserver/static/"+name]
	if !ok {
		http.NotFound(out, r)
		return
	}
	kinds := map[string]string{".js": "text/javascript", ".css": "text/css"}
	out.Header().Set("Content-Type", kinds[path.Ext(name)])
	io.WriteString(out, text)
}

func (w *splunkWeb) sdkFile(out http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(w.sdk, func(file string) bool { return filepath.Base(file) == path.Base(r.URL.Path) })
	if i < 0 {
		http.NotFound(out, r)
		return
	}
	http.ServeFile(out, r, w.sdk[i])
}

func (w *splunkWeb) task(out http.ResponseWriter, r *http.Request) {
	select {
	case next := <-w.tasks:
		json.NewEncoder(out).Encode(next)
	case <-r.Context().Done():
	}
}

func (w *splunkWeb) result(_ http.ResponseWriter, r *http.Request) {
	var s seen
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		s.Faults = append(s.Faults, err.Error())
	}
	select {
	case w.seen <- s:
	case <-r.Context().Done():
	}
}

// browse opens a browser that does what is asked of it until the test ends.
func (w *splunkWeb) browse() (do func(task) seen) {
	w.t.Helper()
	program, err := exec.LookPath("chromium")
	if err != nil {
		w.t.Skip("chromium is not installed")
	}
	cmd := exec.CommandContext(w.t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+w.t.TempDir(),
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-port=0", w.http.URL+"/static/drive.html")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		w.t.Skipf("chromium does not run here: %v", err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); cmd.Wait() }()
	w.t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); <-ended })
	return func(next task) seen {
		w.t.Helper()
		select {
		case w.tasks <- next:
		case <-ended:
			w.t.Skipf("chromium does not run here: %.500s", said.String())
		}
		select {
		case s := <-w.seen:
			return s
		case <-ended:
			w.t.Fatalf("chromium has ended: %.500s", said.String())
		}
		panic("not reached")
	}
}

// sdks are the releases of Splunk's SDK to show the page with: those whose folders
// check-setup names, each with a jQuery, or else a stand-in.
func sdks() map[string][]string {
	found := map[string][]string{"stand-in": nil}
	for _, folder := range filepath.SplitList(os.Getenv("SPLUNK_SDKS")) {
		found[filepath.Base(folder)] = []string{
			filepath.Join(filepath.Dir(folder), "jquery/dist/jquery.js"), filepath.Join(folder, "client/splunk.js"),
		}
	}
	return found
}

// clean fails the test if the page did something it must not, or still holds the token.
func (s seen) clean(t *testing.T, token string) {
	t.Helper()
	if len(s.Faults) > 0 {
		t.Errorf("faults of the page: %q", s.Faults)
	}
	for where, text := range map[string]string{"page": s.HTML, "log": s.Logged, "storage": s.Stored} {
		if token != "" && strings.Contains(text, token) {
			t.Errorf("the token is in the %s: %s", where, text)
		}
	}
	if s.TokenType != "password" || !s.Usable {
		t.Errorf("the field is of type %s, usable %v", s.TokenType, s.Usable)
	}
}
