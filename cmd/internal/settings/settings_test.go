package settings

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"ollama-hec/hec"
	"ollama-hec/sourcetypes"
)

func load(t *testing.T, args ...string) (*Settings, error) {
	t.Helper()
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(fs)
}

func mustLoad(t *testing.T, args ...string) *Settings {
	t.Helper()
	s, err := load(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaults(t *testing.T) {
	s := mustLoad(t)
	if s.BatchBytes != 1<<20 || s.BatchEvents != 10000 || time.Duration(s.BatchDelay) != 200*time.Millisecond ||
		s.MaxLineBytes != 1<<20 || time.Duration(s.DrainTimeout) != 10*time.Second || !bool(s.APIEvents) ||
		s.GzipLevel != AutoLevel || hec.AckMode(s.Ack) != hec.AckAuto ||
		s.Start != Beginning || s.LogFormat != LogText || bool(s.InsecureSkipVerify) {
		t.Errorf("%+v", s)
	}
}

// Every documented name is read from the environment, and as a flag.
func TestEveryNameIsRead(t *testing.T) {
	for _, r := range All() {
		const wrong = "\x01 wrong"
		t.Run(r.Env, func(t *testing.T) {
			t.Setenv(r.Env, wrong)
			fromEnv, errEnv := load(t)
			if errEnv == nil && !strings.Contains(printed(fromEnv), "wrong") {
				t.Errorf("%s is not read", r.Env)
			}
			if errEnv != nil && !strings.Contains(errEnv.Error(), r.Env) {
				t.Errorf("the error does not name %s: %v", r.Env, errEnv)
			}
		})
		if r.Flag == "" {
			continue
		}
		t.Run(r.Flag, func(t *testing.T) {
			s, err := load(t, "--"+r.Flag+"="+wrong)
			if err == nil && !strings.Contains(printed(s), "wrong") {
				t.Errorf("--%s is not read", r.Flag)
			}
			if err != nil && !strings.Contains(err.Error(), "--"+r.Flag) {
				t.Errorf("the error does not name --%s: %v", r.Flag, err)
			}
		})
	}
}

// Every setting can be set by its bare name, as a stanza calls it.
func TestSetByName(t *testing.T) {
	for _, r := range All() {
		const wrong = "\x01 wrong"
		name := strings.ToLower(strings.TrimPrefix(r.Env, Prefix+"_"))
		s := new(Settings)
		err := s.Set(name, wrong)
		if err == nil && !strings.Contains(printed(s), "wrong") {
			t.Errorf("%s is not set", name)
		}
		if err != nil && !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if err := new(Settings).Set("nope", ""); err == nil || !strings.Contains(err.Error(), "nope") {
		t.Errorf("a name that is none: %v", err)
	}
}

func printed(s *Settings) string {
	return strings.Join(
		append(
			append(append(s.URL, s.Paths...), s.CaptureInterfaces...),
			s.TokenFile,
			s.JournalUnit,
			s.JournalDir,
			s.StateDir,
			s.Index,
			s.Host,
			s.CAFile,
			s.CertFile,
			s.KeyFile,
			s.MetricsAddr,
			s.HealthIndex,
			s.SCSTenant,
			s.SCSTokenFile,
			s.SCSPrincipal,
			s.SCSPrincipalSecretFile,
			s.SCSPrincipalScope,
			s.SCSHost,
			s.PromptsIndex,
			s.ProxyListen,
			s.ProxyUpstream,
			s.ProxyCertFile,
			s.ProxyKeyFile,
		),
		"\n",
	) + patterns(
		s,
	)
}

func patterns(s *Settings) string {
	var text strings.Builder
	for _, p := range s.RedactRegex {
		text.WriteString(p.String())
	}
	return text.String()
}

// HOST and TOKEN are common in an environment and are not ours.
func TestBareNamesChangeNothing(t *testing.T) {
	for _, r := range All() {
		t.Setenv(strings.TrimPrefix(r.Env, Prefix+"_"), "bare")
	}
	if s := mustLoad(t); strings.Contains(printed(s), "bare") || s.Token != "" {
		t.Errorf("%+v", s)
	}
}

func TestFlagsOverrideTheEnvironment(t *testing.T) {
	t.Setenv("OLLAMA_HEC_INDEX", "env")
	t.Setenv("OLLAMA_HEC_HOST", "env")
	s := mustLoad(t, "--index=flag")
	if s.Index != "flag" || s.Host != "env" {
		t.Errorf("index %s, host %s", s.Index, s.Host)
	}
}

func TestWrongValuesNameSettingValueAndWayOut(t *testing.T) {
	for _, tt := range []struct{ arg, want string }{
		{"--ack=maybe", `--ack: got "maybe", want auto or on or off`},
		{"--batch-delay=5", `--batch-delay: got "5", want a duration such as 200ms, 10s or 1m30s`},
		{"--batch-bytes=-1", `--batch-bytes: got "-1", want a size from 1 byte to 1GiB, such as 1048576 or 1MiB`},
		{"--batch-events=0", `--batch-events: got "0", want a whole number above 0`},
		{"--gzip-level=10", `--gzip-level: got "10", want auto, or a level from 1 (fastest) to 9 (smallest), or 0 for no compression`},
		{"--gzip-level=-1", `--gzip-level: got "-1", want auto, or a level from 1 (fastest) to 9 (smallest), or 0 for no compression`},
		{"--gzip-level=best", `--gzip-level: got "best", want auto, or a level from 1 (fastest) to 9 (smallest), or 0 for no compression`},
		{"--timezone=Mars", `--timezone: got "Mars", want a time zone such as Europe/Berlin, UTC or +02:00`},
		{"--health-events=10ms", `--health-events: got "10ms", want a duration of 1s or more, or 0`},
		{"--health-events=often", `--health-events: got "often", want a duration of 1s or more, or 0`},
		{"--redact-regex=a\n([", "--redact-regex: pattern \"([\": error parsing regexp: missing closing ]: `[`; it takes regular expressions in RE2's syntax, one a line"},
		{"--accept-without-code=yes", `--accept-without-code: got "yes", want off or on`},
		{"--start=middle", `--start: got "middle", want beginning or end`},
	} {
		_, err := load(t, tt.arg)
		var wrong *Error
		if !errors.As(err, &wrong) || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.arg, err, tt.want)
		}
	}
}

// Where replies are stripped no acknowledgment can come.
func TestAcceptWithoutCodeRefusesAcknowledgment(t *testing.T) {
	t.Setenv("OLLAMA_HEC_ACK", "on")
	_, err := load(t, "--accept-without-code=on")
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Setting != "--accept-without-code" ||
		!strings.Contains(err.Error(), "OLLAMA_HEC_ACK=on") {
		t.Errorf("got %v", err)
	}
	if s := mustLoad(t, "--accept-without-code=on", "--ack=auto"); !s.AcceptWithoutCode {
		t.Error("it is not read")
	}
}

func TestGzipLevel(t *testing.T) {
	for text, want := range map[string]GzipLevel{"": AutoLevel, "auto": AutoLevel, "AUTO": AutoLevel, "0": 0, "1": 1, " 9 ": 9} {
		t.Setenv("OLLAMA_HEC_GZIP_LEVEL", text)
		if got := mustLoad(t).GzipLevel; got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// Files of variables often have empty ones, and blanks around values.
func TestAnEmptyVariableIsNone(t *testing.T) {
	for _, blank := range []string{"", " ", "\t \r"} {
		for _, r := range All() {
			t.Setenv(r.Env, blank)
		}
		s := mustLoad(t)
		s.call = nil // which depends on the flags
		if want, err := Defaults(); err != nil || !reflect.DeepEqual(s, want) {
			t.Errorf("%q: got %+v, want %+v, %v", blank, s, want, err)
		}
	}
}

func TestBlanksAroundAValueDoNotCount(t *testing.T) {
	t.Setenv("OLLAMA_HEC_ACK", " on\r")
	t.Setenv("OLLAMA_HEC_INDEX", "\tollama ")
	s := mustLoad(t, "--prompts= off", "--host= a host ")
	if hec.AckMode(s.Ack) != hec.AckOn || s.Index != "ollama" || sourcetypes.PromptMode(s.Prompts) != sourcetypes.Off ||
		s.Host != "a host" {
		t.Errorf("%+v", s)
	}
}

// An empty flag overrides a variable by what holds where nothing is set.
func TestAnEmptyFlagIsTheDefault(t *testing.T) {
	t.Setenv("OLLAMA_HEC_ACK", "on")
	t.Setenv("OLLAMA_HEC_INDEX", "ollama")
	if s := mustLoad(t, "--ack=", "--index= "); hec.AckMode(s.Ack) != hec.AckAuto || s.Index != "" {
		t.Errorf("%+v", s)
	}
}

func TestTwoDestinationsAreRefused(t *testing.T) {
	t.Setenv("OLLAMA_HEC_URL", "https://splunk:8088")
	_, err := load(t, "--scs-tenant=acme")
	var wrong *Error
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "--scs-tenant: set together with OLLAMA_HEC_URL: ") {
		t.Errorf("got %v", err)
	}
	if s := mustLoad(t, "--scs-tenant=acme", "--url="); s.SCSTenant != "acme" || len(s.URL) > 0 {
		t.Errorf("got %q, %q", s.SCSTenant, s.URL)
	}
}

func TestTokenIsNeverPrinted(t *testing.T) {
	t.Setenv("OLLAMA_HEC_TOKEN", "se cret")
	_, err := load(t)
	if err == nil || strings.Contains(err.Error(), "se cret") || !strings.Contains(err.Error(), "OLLAMA_HEC_TOKEN") {
		t.Errorf("got %v", err)
	}
}

func TestTokenSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if _, err := (&Settings{}).TokenSource(); err == nil || !strings.Contains(err.Error(), "TOKEN_FILE") {
		t.Errorf("no token: %v", err)
	}
	if _, err := (&Settings{TokenFile: file}).TokenSource(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: %v", err)
	}
	for _, token := range []string{"first", "second"} {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := (&Settings{TokenFile: file}).TokenSource()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := src.Token(); got != token || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if _, err := (&Settings{Token: "a", TokenFile: file}).TokenSource(); err == nil {
		t.Error("two tokens are taken")
	}
}

func TestList(t *testing.T) {
	for text, want := range map[string]List{
		"":                          nil,
		" , ,":                      nil,
		"/a":                        {"/a"},
		"/a, /b ,":                  {"/a", "/b"},
		"/{a,b}/*.log,/c":           {"/{a,b}/*.log", "/c"},
		"/{a,{b,c}},/d}, /e":        {"/{a,{b,c}}", "/d}", "/e"},
		"/not closed {a, /b":        {"/not closed {a, /b"},
		"https://a:1,https://b:2 ,": {"https://a:1", "https://b:2"},
	} {
		l := List{"before"}
		if err := l.Set(text); err != nil || !slices.Equal(l, want) {
			t.Errorf("%q: got %q, %v", text, l, err)
		}
	}
}

func TestInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "0": 0, "0s": 0, "1s": time.Second, "2m": 2 * time.Minute} {
		i := Interval(1)
		if err := i.Set(text); err != nil || time.Duration(i) != want {
			t.Errorf("%q: got %v, %v", text, time.Duration(i), err)
		}
	}
}

func TestTimeout(t *testing.T) {
	var d Timeout
	if err := d.Set("1m30s"); err != nil || time.Duration(d) != 90*time.Second {
		t.Errorf("got %v, %v", time.Duration(d), err)
	}
	for _, text := range []string{"", "0", "999ms", "-15s", "15"} {
		if err := d.Set(text); err == nil || !strings.Contains(err.Error(), "1s or more") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestZone(t *testing.T) {
	for text, want := range map[string]int{"UTC": 0, "+02:00": 7200, "-0530": -19800} {
		var z Zone
		if err := z.Set(text); err != nil {
			t.Fatal(err)
		}
		if _, got := time.Unix(0, 0).In(z.Location).Zone(); got != want {
			t.Errorf("%s is %d s east of UTC, want %d", text, got, want)
		}
	}
}

// A flag takes the place of a variable, also of one that is wrong.
func TestAFlagReplacesAWrongVariable(t *testing.T) {
	t.Setenv("OLLAMA_HEC_ACK", "maybe")
	if s := mustLoad(t, "--ack=on"); hec.AckMode(s.Ack) != hec.AckOn {
		t.Errorf("%+v", s.Ack)
	}
}
