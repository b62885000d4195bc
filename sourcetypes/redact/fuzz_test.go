package redact

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

func addSeeds(f *testing.F) {
	for _, s := range fragments {
		f.Add(s)
	}
	for _, s := range []string{
		`time=2026-11-21T19:15:41.541Z level=INFO source=a.go:1 msg="x \"password\":\"%s\" y"`, `{"a":{"api_key":"%s"},"b":[1,2]}`, `OLLAMA_TOKEN=%s NEXT=1`,
		`"https://u:%s@host/p?token=%s&x=1"`, `env="map[A_KEY:%s B: C_SECRET:%s]"`, `x=[REDACTED:token] password=[REDACTED:password]x`, `a@b@c.de:x@y`, `TOKEN= =`,
		`0TOKEN= 0!0000=`, `0=token: 000000=0`, `xtoken: abcdefgh`, "print_info: BOS token        = 1 '<s>'", "kéy=1 tokén=2", `{"name":"API_KEY","value":"x1y2z3"}`, `{"token":123456789}`,
		"- name: A_KEY\n  value: x1y2z3", `<add key="apiKey" value="x1y2z3"/>`, `os.environ["A_KEY"] = "x1y2z3"`, `curl -u a:b -H 'Cookie: a=b; c=d'`, `setx A_KEY x1y2z3`, `["Cookie:["]`, `0-----BEGINPRIVATE-----`, `\Ua0`,
		`{"to":"jane\u0040example.com"}`, `用户@例子.广告`, `邮箱用户%40%E4%BE%8B.com是`, `"\\u0040a.bc" x\\\u0040b.cd`,
	} {
		f.Add(s)
	}
	for _, name := range []string{"testdata/cases.tsv"} {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(file)) {
			if n++; n%9 == 0 {
				f.Add(strings.Split(line, "\t")[1])
			}
		}
	}
}

// FuzzFind: with the prefilter the same is found as without.
func FuzzFind(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, line string) {
		b := []byte(line)
		var fast, plain scan
		fast.begin(b, Default())
		plain.begin(b, Default())
		for from, floor := 0, 0; ; {
			h, next, ok := fast.find(from, floor)
			wantHit, wantNext, want := plain.findPlain(from, floor)
			if ok != want || next != wantNext || ok && h != wantHit {
				t.Fatalf("%q from %d: %+v, %d, %v, want %+v, %d, %v", b, from, h, next, ok, wantHit, wantNext, want)
			}
			if !ok {
				return
			}
			from, floor = max(next, h.to), h.to
		}
	})
}

// findPlain is find without the prefilter: every rule is tried at every place
// where its literal stands, which is looked for by comparing texts.
func (s *scan) findPlain(from, floor int) (h hit, next int, ok bool) {
	b := s.text
	for i := from; i < len(b); i++ {
		if h, ok = s.atPlain(i); ok && h.to > floor {
			h.from = max(h.from, floor)
			return h, i + 1, true
		}
	}
	return h, len(b), false
}

func (s *scan) atPlain(i int) (h hit, ok bool) {
	b := s.text
	if s.stale {
		s.memory, s.stale = memory{}, false
	}
	s.here = i
	for _, r := range Rules {
		for _, literal := range r.literals() {
			n := len(literal)
			if i+1 < n {
				continue
			}
			if got := b[i+1-n : i+1]; string(got) != literal && !(r.fold() && text.EqualFold(got, literal)) {
				continue
			}
			if h, ok = s.try(r, i); ok {
				return h, true
			}
		}
	}
	switch {
	case b[i] == '@':
		return s.atSign(i, i+1)
	case text.HasPrefix(b[i:], "%40"):
		return s.atSign(i, i+3)
	case i >= 1 && text.HasPrefix(b[i-1:], `\u0040`):
		from := i
		for from > 0 && i-from < maxEscapes && b[from-1] == '\\' {
			from--
		}
		return s.atSign(from, i+5)
	case i >= 2 && mixed(b[i-2], b[i-1]) && mixed(b[i-1], b[i]) && (text.Digit(b[i-1]) || text.Digit(b[i])):
		return s.random(i)
	}
	return h, false
}

// FuzzRedact: what is redacted once is redacted, JSON stays JSON, text stays
// text, and the cost is bounded.
func FuzzRedact(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > 4000 || !utf8.ValidString(line) {
			return
		}
		once := redacted(Default(), line)
		if again := redacted(Default(), once); again != once {
			t.Errorf("a second run changes\nfrom %q\nto   %q (of %q)", once, again, line)
		}
		if !utf8.ValidString(once) {
			t.Errorf("no longer UTF-8: %q, of %q", once, line)
		}
		if json.Valid([]byte(line)) && !json.Valid([]byte(once)) {
			t.Errorf("no longer JSON: %q, of %q", once, line)
		}
		if n := steps([]byte(line)); n > maxSteps*(len(line)+100) {
			t.Errorf("%d steps for %d bytes: %q", n, len(line), line)
		}
	})
}
