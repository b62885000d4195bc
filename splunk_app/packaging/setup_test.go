package main

import (
	"flag"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/splunkd"
	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

const (
	firstToken  = "01d70c3a-7e57-7e57-7e57-7e577e577e57"
	secondToken = "2e3a70c3-7e57-7e57-7e57-7e577e577e57"
)

// Splunk Web opens the setup page until the add-on is set up, and finds it where it looks.
func TestSetupIsAnnounced(t *testing.T) {
	texts, _, _ := archive(t, packages[0])
	conf, err := knowledge.ParseConf(texts["default/app.conf"])
	if err != nil {
		t.Fatal(err)
	}
	view := conf.Stanza("ui").Keys["setup_view"]
	if conf.Stanza("install").Keys["is_configured"] != "false" || texts["default/data/ui/views/"+view+".xml"] == "" {
		t.Errorf("setup view %q, is_configured %q", view, conf.Stanza("install").Keys["is_configured"])
	}
	if texts["default/setup.xml"] != "" {
		t.Error("setup.xml is not for Splunk Cloud")
	}
	script := texts["appserver/static/setup.js"]
	for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", ".html(",
		"localStorage", "sessionStorage", "console.", "clear_password"} {
		if strings.Contains(script, forbidden) {
			t.Errorf("the page's script has %s", forbidden)
		}
	}
	for name, want := range map[string]string{"app": modinput.App, "realm": modinput.TokenRealm, "everyInput": modinput.TokenUserShared} {
		if !strings.Contains(script, "const "+name+` = "`+want+`";`) {
			t.Errorf("the script's %s is not %s, where the modular input looks", name, want)
		}
	}
}

// The page in a browser, with each release of Splunk's SDK that is to be had.
func TestSetupPage(t *testing.T) {
	for name, sdk := range sdks() {
		t.Run(name, func(t *testing.T) { testSetupPage(t, sdk) })
	}
}

func testSetupPage(t *testing.T, sdk []string) {
	s := splunkdtest.Start(t)
	s.AddApp(app, false)
	s.AddInput("main")
	s.AddInput(`gpu:1 <b>"x"</b>`)
	s.AddUser("may-not", splunkdtest.User{Name: "eve", Roles: []string{"user"}})
	web := startSplunkWeb(t, s, sdk)
	do := web.browse()
	passwords, err := splunkd.New(splunkd.Options{URL: s.URL, SessionKey: splunkdtest.AdminSession})
	if err != nil {
		t.Fatal(err)
	}
	kept := func(user string) string {
		token, err := passwords.Password(t.Context(), modinput.App, modinput.TokenRealm, user)
		if err != nil {
			return err.Error()
		}
		return token
	}
	all := task{Inputs: 3, Button: "store"}

	t.Run("what no token is", func(t *testing.T) {
		for _, token := range []string{"", "  ", "two words", "tab\tbed", "tök", "line\u2028break", firstToken + "\x7f"} {
			next := all
			next.Token = token
			got := do(next)
			got.clean(t, "")
			if hec.CheckToken(strings.TrimSpace(token)) == nil || got.Kind != "failed" || len(got.Next) > 0 {
				t.Errorf("%q: %+v", token, got)
			}
		}
		if writes := s.Writes(); len(writes) > 0 {
			t.Errorf("it was sent all the same: %q", writes)
		}
	})

	t.Run("somebody who may not", func(t *testing.T) {
		web.signIn("may-not")
		defer web.signIn(splunkdtest.AdminToken)
		got := do(task{Inputs: 1, Button: "store", Token: firstToken})
		got.clean(t, "")
		if got.Kind != "failed" || !strings.Contains(got.Status, "403") || !strings.Contains(got.Status, "insufficient permission") ||
			!strings.Contains(got.Status, "edit_storage_passwords") {
			t.Errorf("%s: %s", got.Kind, got.Status)
		}
		if strings.Contains(kept("default"), firstToken) {
			t.Error("it is stored")
		}
	})

	t.Run("a session that ended", func(t *testing.T) {
		web.signIn("expired")
		defer web.signIn(splunkdtest.AdminToken)
		if got := do(task{Inputs: 1, Button: "skip"}); got.Kind != "failed" || !strings.Contains(got.Status, "sign in again") {
			t.Errorf("%s: %s", got.Kind, got.Status)
		}
	})

	t.Run("splunkd that fails", func(t *testing.T) {
		s.Fail(http.MethodPost, "storage/passwords", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<img src=x onerror=alert(1)>", http.StatusBadGateway)
		})
		next := all
		next.Token = firstToken
		if got := do(next); got.Kind != "failed" || !strings.Contains(got.Status, "502") || strings.Contains(got.HTML, "<img") {
			t.Errorf("%s: %s", got.Kind, got.Status)
		}
		web.gone.Store(true)
		defer web.gone.Store(false)
		next.Inputs = 1
		if got := do(next); got.Kind != "failed" || !strings.Contains(got.Status, "no answer") || !got.Usable {
			t.Errorf("%s: %s", got.Kind, got.Status)
		}
		if configured, _ := s.Configured(app); configured {
			t.Error("it counts as set up")
		}
	})

	t.Run("the first token", func(t *testing.T) {
		next := all
		next.Token = " " + firstToken + " "
		got := do(next)
		got.clean(t, firstToken)
		if got.Kind != "done" || got.Status != "the token for every input is stored, encrypted; it is not shown again" || got.Token != "" {
			t.Errorf("%+v", got)
		}
		if want := []string{"/en-US/manager/" + app + "/data/inputs/ollama_logs/_new", "/en-US/app/" + app + "/ollama"}; !slices.Equal(got.Next, want) {
			t.Errorf("next %q, want %q", got.Next, want)
		}
		if want := []string{"default: every input", "main: only main", `gpu:1 <b>"x"</b>: only gpu:1 <b>"x"</b>`}; !slices.Equal(got.Inputs, want) {
			t.Errorf("inputs %q", got.Inputs)
		}
		if configured, reloaded := s.Configured(app); kept("default") != firstToken || !configured || !reloaded {
			t.Errorf("kept %q, configured %v, reloaded %v", kept("default"), configured, reloaded)
		}
	})

	t.Run("another one, by the keyboard", func(t *testing.T) {
		got := do(task{Inputs: 3, Token: secondToken, Enter: true})
		got.clean(t, secondToken)
		if got.Kind != "done" || !strings.Contains(got.Status, "is replaced") || kept("default") != secondToken {
			t.Errorf("%s: %s; kept %q", got.Kind, got.Status, kept("default"))
		}
	})

	t.Run("one of an input's own", func(t *testing.T) {
		for _, token := range []string{firstToken, secondToken} { // stored, and replaced
			got := do(task{Inputs: 3, Input: `gpu:1 <b>"x"</b>`, Token: token, Button: "store"})
			got.clean(t, token)
			if got.Kind != "done" || kept(`gpu:1 <b>"x"</b>`) != token || kept("default") != secondToken {
				t.Errorf("%s: %s; kept %q", got.Kind, got.Status, kept(`gpu:1 <b>"x"</b>`))
			}
		}
	})

	t.Run("stored, but not marked", func(t *testing.T) {
		s.Fail(http.MethodPost, "conf-app", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
		got := do(task{Inputs: 3, Token: firstToken, Button: "store"})
		got.clean(t, firstToken)
		if !strings.Contains(got.Status, "is replaced, but the add-on is not marked as set up") || kept("default") != firstToken {
			t.Errorf("%s: %s; kept %q", got.Kind, got.Status, kept("default"))
		}
	})

	t.Run("without a token", func(t *testing.T) {
		before := len(s.Writes())
		got := do(task{Inputs: 3, Button: "skip"})
		got.clean(t, "")
		if got.Kind != "done" || len(got.Next) != 2 {
			t.Errorf("%s: %s", got.Kind, got.Status)
		}
		if writes := s.Writes()[before:]; !slices.Equal(writes, []string{"POST /servicesNS/nobody/" + app + "/configs/conf-app/install"}) {
			t.Errorf("writes %q", writes)
		}
	})
}

var picture = flag.String("picture", "", "write a picture of the setup page to this file")

// A picture for the documentation:
//
//	go test ./splunk_app/packaging -run Picture -picture $PWD/splunk_app/README/setup.png
func TestPicture(t *testing.T) {
	if *picture == "" {
		t.Skip("no -picture")
	}
	s := splunkdtest.Start(t)
	s.AddApp(app, false)
	web := startSplunkWeb(t, s, nil)
	cmd := exec.CommandContext(t.Context(), "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--user-data-dir="+t.TempDir(), "--window-size=760,580", "--virtual-time-budget=10000", "--screenshot="+*picture,
		web.http.URL+"/en-US/app/"+app+"/setup?picture")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}
