// Package settings reads what a user configures: the environment under the prefix OLLAMA_HEC_,
// overridden by flags of the same names in kebab case. An empty variable counts as not set.
//
// A wrong value is an *Error that names the setting, the value and what it
// takes. The token is never part of a message and cannot be given as a flag.
package settings

import (
	"cmp"
	"errors"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"ollama-hec/hec"
	"ollama-hec/input/requestlog"
	"ollama-hec/sourcetypes"
)

// Prefix stands before each name in the environment.
const Prefix = "OLLAMA_HEC"

// Settings are all settings of the program. The tags are their documentation:
// the help text and the README's table come from them.
type Settings struct {
	URL       List   `desc:"HEC base URLs, tried in turn, such as https://splunk:8088; comma separated"`
	Token     Secret `flag:"-" desc:"HEC token; by environment only"`
	TokenFile string `desc:"file with the HEC token, read again when it changes"`

	SCSTenant              string `desc:"tenant of Splunk Cloud Services to send to, in place of URL"`
	SCSToken               Secret `flag:"-" desc:"access token for the tenant; by environment only"`
	SCSTokenFile           string `desc:"file with the access token, read again when it changes"`
	SCSPrincipal           string `desc:"service principal (client id) to get access tokens with, in place of a token"`
	SCSPrincipalSecretFile string `desc:"file with the principal's secret, read again when it changes"`
	SCSPrincipalScope      string `desc:"scope that the principal asks for, if it needs one"`
	SCSHost                string `default:"scp.splunk.com" desc:"domain of the service, or the URL of its API"`

	Paths       List   `desc:"log files: globs, ** allowed, comma separated; - is stdin; empty: the usual places of this system"`
	JournalUnit string `desc:"systemd unit, or container of that name, to follow; off; empty: ollama where no log file is found"`
	JournalDir  string `desc:"directory of a journal other than this system's, such as the host's in a container"`
	Start       Start  `default:"beginning" desc:"where to begin in files never seen before: beginning, end"`

	StateDir string `desc:"directory for checkpoints and dead letters; empty: this system's usual place for the state of services"`

	Index string  `desc:"index; empty: the token's default"`
	Host  string  `desc:"host of the events; empty: the one that the journal or a syslog prefix names, else the name of this machine"`
	Ack   AckMode `default:"auto" desc:"wait for indexer acknowledgment: auto (if the reply carries an ackId), on, off"`

	AcceptWithoutCode Switch `default:"off" desc:"on: a reply of 2xx without a HEC code counts as delivered, for front ends that strip HEC's replies; not with ACK=on"`

	BatchBytes  Bytes    `default:"1MiB" desc:"largest batch in bytes, before gzip"`
	BatchEvents Count    `default:"10000" desc:"most events in a batch"`
	BatchDelay  Duration `default:"200ms" desc:"how long an event waits for others to fill its batch"`

	GzipLevel GzipLevel `default:"auto" desc:"gzip level of batches: auto (fastest while catching up, else smaller), 1 (fastest) to 9 (smallest), 0 (none)"`

	MaxLineBytes Bytes `default:"1MiB" desc:"longest line in bytes; longer ones are cut and end in a mark"`

	CAFile             string `desc:"certificates to trust instead of the system's (PEM), read again when they change"`
	CertFile           string `desc:"client certificate (PEM), read again when it changes"`
	KeyFile            string `desc:"key of the client certificate (PEM)"`
	TLSFingerprint     Pin    `desc:"SHA-256 fingerprint of the only certificate to trust, whatever its names and dates; in place of CA_FILE"`
	InsecureSkipVerify Flag   `default:"false" desc:"do not verify the server's certificate"`

	Timezone  Zone       `desc:"zone of [GIN] stamps, such as Europe/Berlin; empty: that of the last line with a zone, else local"`
	APIEvents Switch     `default:"on" desc:"derive ollama:api from access lines: on, off"`
	Prompts   PromptMode `default:"redacted" desc:"text of prompts in all sourcetypes: redacted (the text is shipped, with secrets and addresses replaced), full (as it is), off (no text)"`

	Redact      Redact   `default:"secrets,emails" desc:"what to redact: secrets, emails, off; comma separated"`
	RedactRegex Patterns `desc:"further regular expressions to redact, one a line"`
	Skip        Classes  `desc:"lines not to send as ollama:server: access, runner (but failures are sent), startup; comma separated"`

	PromptsIndex string `desc:"index of ollama:prompts, where access and retention differ; empty: that of INDEX"`

	Capture           CaptureSet `default:"requests,connections" desc:"what capture captures off the wire: requests, connections; comma separated"`
	CapturePorts      Ports      `default:"11434" desc:"ports of Ollama that are captured, comma separated; those that its log names are added"`
	CaptureInterfaces List       `desc:"interfaces that are captured, comma separated; empty: all"`

	Responses        ResponseMode     `default:"off" desc:"text of captured answers in ollama:prompts: off, redacted, full; never more than PROMPTS allows"`
	PromptHistory    PromptHistory    `default:"last" desc:"what part of a captured chat is its prompt: last (the last message of the user), all"`
	TrustedProxies   Networks         `desc:"networks (CIDR) of reverse proxies whose X-Forwarded-For becomes the source address; comma separated"`
	ConnectionEvents ConnectionEvents `default:"first" desc:"events on captured connections: first (one for each source, port and minute), all"`

	ProxyListen   string `default:"127.0.0.1:11434" desc:"address that proxy listens on"`
	ProxyUpstream string `default:"127.0.0.1:11435" desc:"address of the Ollama behind proxy"`
	ProxyCertFile string `desc:"certificate of proxy (PEM); empty: HTTP without TLS"`
	ProxyKeyFile  string `desc:"key of that certificate (PEM)"`

	Spool      Switch `default:"on" desc:"off: run captures by itself, and no text touches the disk: what Splunk rejects is counted and lost, as is what it has not got at a stop"`
	SpoolBytes Size   `default:"256MiB" desc:"the most that the spool may hold; then what is captured is counted and dropped"`

	MetricsAddr  string    `desc:"address for a page on /, for /metrics, /healthz and /readyz, such as 127.0.0.1:9464; empty: off"`
	HealthEvents Interval  `desc:"how often to send an event about this program itself (ollama:hec:health), such as 60s; empty or 0: never"`
	HealthIndex  string    `desc:"index of those events; empty: that of INDEX"`
	LogFormat    LogFormat `default:"text" desc:"this program's own log on stderr: text, json"`
	LogLevel     LogLevel  `default:"info" desc:"lowest level in that log: debug, info, warn, error"`
	DrainTimeout Duration  `default:"10s" desc:"how long delivery may go on after a stop"`
	ReplyTimeout Timeout   `default:"15s" desc:"how long a request waits for its reply; what got none is sent again, and comes twice if it was taken"`

	call Caller // nil: each is called by its variable
}

// Error is a setting with a wrong value.
type Error struct {
	Setting string // as the user wrote it: OLLAMA_HEC_ACK or --ack; empty: Problem names it
	Problem string // what it got, unless that is secret, and what it takes
}

func (e *Error) Error() string {
	if e.Setting == "" {
		return e.Problem
	}
	return e.Setting + ": " + e.Problem
}

// Setting is one setting as the documentation shows it.
type Setting struct {
	Env, Flag, Default, Desc string
	field                    int
}

// All lists all settings in order. Flag is empty for what has none.
func All() (rows []Setting) {
	for i, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if !f.IsExported() {
			continue
		}
		name := words(f.Name)
		row := Setting{
			Env:     Prefix + "_" + strings.ToUpper(strings.Join(name, "_")),
			Flag:    strings.ToLower(strings.Join(name, "-")),
			Default: f.Tag.Get("default"),
			Desc:    f.Tag.Get("desc"),
			field:   i,
		}
		if f.Tag.Get("flag") == "-" {
			row.Flag = ""
		}
		rows = append(rows, row)
	}
	return rows
}

// words splits a field's name into words: MaxLineBytes is max line bytes, CAFile is CA file.
func words(name string) (ws []string) {
	lower := func(i int) bool { return i < len(name) && name[i] >= 'a' }
	start := 0
	for i := 1; i < len(name); i++ {
		if !lower(i) && (lower(i-1) || lower(i+1)) {
			ws = append(ws, name[start:i])
			start = i
		}
	}
	return append(ws, name[start:])
}

// AddFlags defines a flag for each setting. Its default is text for the help:
// a flag that is not given changes nothing.
func AddFlags(fs *pflag.FlagSet) {
	for _, r := range All() {
		if r.Flag != "" {
			fs.String(r.Flag, r.Default, r.Desc)
		}
	}
	fs.Lookup("insecure-skip-verify").NoOptDefVal = "true"
}

// AddFlagsOf defines only the flags that begin with prefix. Load and Read apply those that were
// given.
func AddFlagsOf(fs *pflag.FlagSet, prefix string) {
	for _, r := range All() {
		if strings.HasPrefix(r.Flag, prefix) {
			fs.String(r.Flag, r.Default, r.Desc)
		}
	}
}

// Load reads the environment and then the flags of fs that were given. Settings that
// exclude each other are an error.
func Load(fs *pflag.FlagSet) (*Settings, error) {
	s, err := Read(fs)
	return s, errors.Join(err, s.Check(s.Called))
}

// Read is Load for commands that send no events: for them no settings exclude each other. Its error
// is all *Errors there are, one a line.
func Read(fs *pflag.FlagSet) (*Settings, error) {
	s := &Settings{call: FlagNames(fs)}
	v := reflect.ValueOf(s).Elem()
	var wrong []error
	for _, r := range All() {
		name, text := r.Env, os.Getenv(r.Env)
		if r.Flag != "" && fs.Changed(r.Flag) {
			name, text = "--"+r.Flag, fs.Lookup(r.Flag).Value.String()
		}
		text = cmp.Or(strings.TrimSpace(text), r.Default)
		if text == "" {
			continue
		}
		if err := set(v.Field(r.field), text); err != nil {
			wrong = append(wrong, &Error{name, err.Error()})
		}
	}
	return s, errors.Join(wrong...)
}

// Check refuses settings that exclude each other.
func (s *Settings) Check(call Caller) error {
	name := func(bare string) string { called, _ := call(byName[bare]); return called }
	if bool(s.AcceptWithoutCode) && hec.AckMode(s.Ack) == hec.AckOn {
		return &Error{name("ACCEPT_WITHOUT_CODE"), "on together with " + name("ACK") +
			"=on: where replies are stripped no acknowledgment can come; turn one of them off"}
	}
	if (s.ProxyCertFile == "") != (s.ProxyKeyFile == "") {
		return &Error{name("PROXY_CERT_FILE"), "a certificate and its key belong together: give both, the key in " +
			name("PROXY_KEY_FILE")}
	}
	if s.SCSTenant == "" {
		return nil
	}
	tenant := name("SCS_TENANT")
	if len(s.URL) > 0 {
		return &Error{tenant, "set together with " + name("URL") +
			": events go to HEC or to a tenant of Splunk Cloud Services; take one of them away"}
	}
	if hec.AckMode(s.Ack) == hec.AckOn {
		return &Error{tenant, "set together with " + name("ACK") +
			"=on: Splunk Cloud Services give no acknowledgments; leave that out"}
	}
	return nil
}

// Set gives one setting its value, by its bare name in lower case, such as
// max_line_bytes. An error calls it by that name.
func (s *Settings) Set(name, text string) error {
	for _, r := range All() {
		if strings.EqualFold(r.Env, Prefix+"_"+name) {
			if err := set(reflect.ValueOf(s).Elem().Field(r.field), text); err != nil {
				return &Error{name, err.Error()}
			}
			return nil
		}
	}
	return &Error{name, "there is no such setting"}
}

// set gives one field its value from text.
func set(field reflect.Value, text string) error {
	if setter, ok := field.Addr().Interface().(interface{ Set(string) error }); ok {
		return setter.Set(text)
	}
	field.SetString(text)
	return nil
}

// TokenSource returns where the token comes from.
func (s *Settings) TokenSource() (hec.TokenSource, error) {
	switch {
	case s.Token != "" && s.TokenFile != "":
		return nil, &Error{Prefix + "_TOKEN_FILE", "given together with " + Prefix + "_TOKEN: take one of them away"}
	case s.Token != "":
		return hec.StaticToken(s.Token), nil
	case s.TokenFile != "":
		f, err := hec.NewTokenFile(s.TokenFile)
		if err != nil {
			return nil, &Error{Prefix + "_TOKEN_FILE", err.Error()}
		}
		return f, nil
	}
	return nil, &Error{
		Prefix + "_TOKEN",
		"not set: give the HEC token in it, or a file with it in " + Prefix + "_TOKEN_FILE",
	}
}

// TLS returns the settings of TLS.
func (s *Settings) TLS() hec.TLS {
	return hec.TLS{
		CAFile:      s.CAFile,
		CertFile:    s.CertFile,
		KeyFile:     s.KeyFile,
		SkipVerify:  bool(s.InsecureSkipVerify),
		Fingerprint: hec.Fingerprint(s.TLSFingerprint),
	}
}

// Normalize returns the settings of the normalizer.
func (s *Settings) Normalize() *sourcetypes.Options {
	redact := sourcetypes.Redact(s.Redact)
	redact.Patterns = s.RedactRegex
	return &sourcetypes.Options{
		Zone:      s.Timezone.Location,
		APIEvents: bool(s.APIEvents),
		Prompts:   sourcetypes.PromptMode(s.Prompts),
		Redact:    redact,
		Skip:      sourcetypes.Classes(s.Skip),
		Now:       time.Now,
		ReadBody:  requestlog.Read,
	}
}

// Invalid returns an *Error of the setting with that bare name.
func Invalid(name, problem string) error { return &Error{Prefix + "_" + name, problem} }

// Defaults returns the settings with their default values; the environment is not read.
func Defaults() (*Settings, error) {
	s := new(Settings)
	v := reflect.ValueOf(s).Elem()
	for _, r := range All() {
		if r.Default == "" {
			continue
		}
		if err := set(v.Field(r.field), r.Default); err != nil {
			return nil, &Error{r.Env, err.Error()}
		}
	}
	return s, nil
}
