package modinput

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

const key = "kEy^of_the_session0123456789"

const running = `<?xml version="1.0" encoding="utf-16"?>
<input>
  <server_host>web1</server_host>
  <server_uri>https://127.0.0.1:8089</server_uri>
  <session_key>` + key + `</session_key>
  <checkpoint_dir>/opt/splunk/var/lib/splunk/modinputs/ollama_logs</checkpoint_dir>
  <configuration>
    <stanza name="ollama_logs://a &amp; b" app="search">
      <param name="interval">0</param>
      <param name="paths"> /var/log/ollama/*.log, C:\Ollama é.log </param>
      <param name="host">$decideOnStartup</param>
      <param name="index">default</param>
      <param name="skip"></param>
      <param_list name="m"><value>1</value><value>2</value></param_list>
      <param_list name="none"/>
    </stanza>
  </configuration>
</input>`

const validating = `<items><server_host>web1</server_host><server_uri>https://127.0.0.1:8089</server_uri>` +
	`<session_key>` + key + `</session_key><checkpoint_dir>/cp</checkpoint_dir>` +
	`<item name="a"><param name="paths">/x</param><param name="index">main</param><param name="host">h</param></item></items>`

func TestReadInput(t *testing.T) {
	// A read for each byte and no end: it must stop by itself.
	d, err := ReadInput(iotest.OneByteReader(io.MultiReader(strings.NewReader(running), unreadable{})))
	if err != nil {
		t.Fatal(err)
	}
	want := &Definition{
		ServerHost:    "web1",
		ServerURI:     "https://127.0.0.1:8089",
		SessionKey:    key,
		CheckpointDir: "/opt/splunk/var/lib/splunk/modinputs/ollama_logs",
		Stanzas: []Stanza{{
			Name: "ollama_logs://a & b",
			App:  "search",
			Params: map[string]string{
				"interval": "0",
				"paths":    ` /var/log/ollama/*.log, C:\Ollama é.log `,
				"host":     "$decideOnStartup",
				"index":    "default",
				"skip":     "",
			},
			Lists: map[string][]string{"m": {"1", "2"}, "none": nil},
		}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	s := &d.Stanzas[0]
	if s.Input() != "a & b" || s.Host() != "" || s.Index() != "" {
		t.Errorf("input %q, host %q, index %q: what splunkd decides must be empty", s.Input(), s.Host(), s.Index())
	}
}

func TestReadItem(t *testing.T) {
	d, err := ReadItem(strings.NewReader(validating))
	if err != nil {
		t.Fatal(err)
	}
	s := &d.Stanzas[0]
	if s.Input() != "a" || s.Params["paths"] != "/x" || s.Host() != "h" || s.Index() != "main" {
		t.Errorf("got %+v", s)
	}
	for host, fixed := range map[string]string{"h": "h", "web1": "", "$decideOnStartup": "", "": ""} {
		if got := d.FixedHost(&Stanza{Params: map[string]string{"host": host}}); got != fixed {
			t.Errorf(
				"host %q is fixed as %q, want %q: the name of splunkd's machine gives way to one that a line names",
				host,
				got,
				fixed,
			)
		}
	}
	if d.ServerURI != "https://127.0.0.1:8089" || d.SessionKey.Reveal() != key || d.CheckpointDir != "/cp" {
		t.Errorf("got %+v", d)
	}
}

func TestReadInputWithoutStanzas(t *testing.T) {
	for _, empty := range []string{"<input/>", "<input><configuration/></input>", "<input>\n<configuration>\n</configuration>\n</input>"} {
		d, err := ReadInput(strings.NewReader(empty))
		if err != nil || len(d.Stanzas) != 0 {
			t.Errorf("%s: %+v, %v", empty, d, err)
		}
	}
}

func TestUnreadableDefinitions(t *testing.T) {
	tests := []struct {
		read func(io.Reader) (*Definition, error)
		xml  string
		want string
	}{
		{ReadInput, "", "unexpected EOF"},
		{ReadInput, running[:300], "unexpected EOF"},
		{ReadInput, validating, "expected <input>, got another element"},
		{ReadItem, running, "expected <items>, got another element"},
		{ReadItem, "<items/>", "expected one item to validate, got 0"},
		{ReadItem, `<items><item name="a"/><item name="b"/></items>`, "expected one item to validate, got 2"},
		{ReadItem, "<items><item/></items>", "stanza 1 has no name"},
		{ReadInput, "<input><configuration><stanza name=''/></configuration></input>", "stanza 1 has no name"},
		{ReadInput, "<input>\n<session_key>&" + key + ";</session_key></input>", "line 2: not well-formed XML in UTF-8"},
		{ReadInput, "<input><" + key + "></input>", "line 1: not well-formed XML in UTF-8"},
		{ReadInput, "<input>\xff</input>", "line 1: not well-formed XML in UTF-8"},
		{ReadInput, "<?xml version='<session_key>" + key + "'?><input/>", "not an XML 1.0 document"},
		{ReadInput, "\xff\xfe<\x00i\x00", "line 1: not well-formed XML in UTF-8"},
		{ReadInput, "<input>" + strings.Repeat(" ", MaxDefinition), fmt.Sprintf("it is longer than %d bytes", MaxDefinition)},
	}
	for _, tt := range tests {
		d, err := tt.read(strings.NewReader(tt.xml))
		if err == nil || err.Error() != "read the input definition: "+tt.want {
			t.Errorf("%.60q: got %+v, %v\nwant %s", tt.xml, d, err, tt.want)
		}
	}
	if _, err := ReadInput(iotest.DataErrReader(strings.NewReader(running))); err != nil {
		t.Errorf("the end of the input came with its last byte: %v", err)
	}
	lost := errors.New("lost")
	if _, err := ReadInput(iotest.ErrReader(lost)); !errors.Is(err, lost) {
		t.Errorf("the reader's own error is hidden: %v", err)
	}
}

func TestTheSessionKeyIsNeverShown(t *testing.T) {
	d, err := ReadInput(strings.NewReader(running))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	for _, h := range []slog.Handler{
		NewLogHandler(&log, slog.LevelInfo), slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil),
	} {
		slog.New(h).Info("definition", "key", d.SessionKey, "all", d, "value", *d)
	}
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(text) +
		fmt.Sprintf("%v %+v %#v %s %q %x %d", d, d, d, d.SessionKey, d.SessionKey, d.SessionKey, d.SessionKey)
	if strings.Contains(shown, key) || strings.Contains(shown, fmt.Sprintf("%x", key)) {
		t.Errorf("the key is in %s", shown)
	}
	if !strings.Contains(shown, masked) {
		t.Error("the test shows nothing at all")
	}
}

func TestStanzaOutput(t *testing.T) {
	tests := []struct{ output, url, want string }{
		{"", "", "splunkd"},
		{" splunkd ", "", "splunkd"},
		{"hec", "https://splunk:8088", "hec"},
		{"hec", " ", "output = hec needs url: set it to the collector's address, such as https://splunk:8088"},
		{"HTTP", "", `output is "HTTP": it takes splunkd or hec`},
	}
	for _, tt := range tests {
		s := &Stanza{Params: map[string]string{"output": tt.output, "url": tt.url}}
		got, err := s.Output()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("output %q, url %q: got %s, want %s", tt.output, tt.url, got, tt.want)
		}
	}
}

func TestTokenUsers(t *testing.T) {
	for name, want := range map[string][]string{
		"ollama_logs://a":       {"a", "default"},
		"a":                     {"a", "default"},
		"ollama_logs://default": {"default"},
	} {
		if got := TokenUsers(&Stanza{Name: name}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// What was read, written again by a plain encoder, reads the same; what follows
// the root changes nothing; no error quotes the text.
func FuzzReadInput(f *testing.F) {
	f.Add(running)
	f.Add(strings.Replace(validating, "items>", "input>", 2))
	f.Add("<input><configuration><stanza name='a'><param>x<!-- y -->z</param></stanza></configuration></input>")
	f.Add("<input><session_key>&" + key + ";</session_key></input>")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ReadInput(strings.NewReader(text))
		if err != nil {
			if strings.Contains(err.Error(), key) {
				t.Errorf("the error shows the key: %v", err)
			}
			return
		}
		if followed, err := ReadInput(strings.NewReader(text + "</x>\xff")); err != nil || !reflect.DeepEqual(d, followed) {
			t.Errorf("what follows the root matters: %+v, then %+v, %v", d, followed, err)
		}
		again, err := ReadInput(strings.NewReader(plainDefinition(t, d)))
		if err != nil || !reflect.DeepEqual(d, again) {
			t.Errorf("read %+v, again %+v, %v", d, again, err)
		}
	})
}

func plainDefinition(t *testing.T, d *Definition) string {
	in := struct {
		XMLName xml.Name `xml:"input"`
		xmlDefinition
	}{xmlDefinition: xmlDefinition{
		ServerHost:    d.ServerHost,
		ServerURI:     d.ServerURI,
		SessionKey:    d.SessionKey.Reveal(),
		CheckpointDir: d.CheckpointDir,
	}}
	for _, s := range d.Stanzas {
		x := xmlStanza{Name: s.Name, App: s.App}
		for name, value := range s.Params {
			x.Params = append(x.Params, xmlParam{name, value})
		}
		for name, values := range s.Lists {
			x.Lists = append(x.Lists, xmlList{name, values})
		}
		in.Stanzas = append(in.Stanzas, x)
	}
	text, err := xml.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
