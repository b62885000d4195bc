package sourcetypes

import (
	"encoding/json"
	"regexp"
	"testing"
)

// The way for addresses of four numbers says of any text what the plain one
// says, or nothing.
func FuzzDotted(f *testing.F) {
	for _, src := range []string{
		"127.0.0.1", "0.0.0.0", "10.1.2.3", "172.15.255.255", "172.16.0.0", "172.32.0.1", "192.168.1.40", "169.254.0.1", "100.127.255.255",
		"100.128.0.0", "203.0.113.77", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04", "1..2.3", ".1.2.3", "1.2.3.", "",
		"::1", "::ffff:10.0.0.1", "fe80::1%eth0", "1.2.3.4a", "0.0.0.00", "999999999999999",
	} {
		f.Add(src)
	}
	var s sources
	f.Fuzz(func(t *testing.T, src string) {
		if src == "" { // of is not asked for it
			return
		}
		if addr, ok := dotted([]byte(src)); ok && scopeOfDotted(addr) != scopeOf(src) {
			t.Fatalf("%q is %s, want %s", src, scopeOfDotted(addr), scopeOf(src))
		}
		none := newRedactor(Redact{}, new([kinds]int64))
		for range 2 { // the second time it may be remembered
			if got, want := s.of([]byte(src), &none), appendSource(nil, []byte(src), &none); string(got) != string(want) {
				t.Fatalf("%q: got %s, want %s", src, got, want)
			}
		}
	})
}

// A site may want addresses hidden.
func TestSourceIsRedactedByTheSitesPatterns(t *testing.T) {
	var s sources
	redact := newRedactor(Redact{Patterns: []*regexp.Regexp{regexp.MustCompile(`\d+\.\d+$`)}}, new([kinds]int64))
	for range 2 {
		var got struct {
			Src   string
			Scope string `json:"src_scope"`
		}
		if err := json.Unmarshal(
			append([]byte(`{"a":1`), append(s.of([]byte("192.168.1.40"), &redact), '}')...),
			&got,
		); err != nil {
			t.Fatal(err)
		}
		if got.Src != "192.168.[REDACTED:custom]" || got.Scope != "private" {
			t.Errorf("got %+v", got)
		}
	}
}

func TestSourcesDoNotAllocate(t *testing.T) {
	var s sources
	redact := newRedactor(DefaultRedact(), new([kinds]int64))
	all := [][]byte{[]byte("127.0.0.1"), []byte("203.0.113.77"), []byte("::1"), []byte("2001:db8::1")}
	if n := testing.AllocsPerRun(100, func() {
		for _, src := range all {
			s.of(src, &redact)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
