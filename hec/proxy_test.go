package hec

import (
	"net/url"
	"testing"
)

func TestProxiesThatCanBe(t *testing.T) {
	for text, want := range map[string]bool{
		"http://proxy:3128":               true,
		"https://proxy":                   true,
		"http://user:password@proxy:3128": true,
		"socks5://[2001:db8::1]:1080":     true,
		"socks5h://proxy/":                true,
		"http://":                         false,
		"http://:3128":                    false,
		"http://proxy:0":                  false,
		"http://proxy:99999":              false,
		"http://http://proxy:3128":        false, // as net/http reads what it cannot
		"ftp://proxy:21":                  false,
		"proxy:3128":                      false,
	} {
		u, err := url.Parse(text)
		if got := err == nil && usable(u); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Portions shrink while a gateway does not wait, and grow again.
func TestPortions(t *testing.T) {
	ends := []int32{100, 200, 300, 400, 500, 600, 700, 800}
	var p portion
	if p.of(ends) != len(ends) || p.tooLate(800) {
		t.Error("one late reply is no habit")
	}
	for _, want := range []int{4, 2, 1, 1} {
		size := 100 * p.of(ends)
		if !p.tooLate(size) || p.of(ends) != want {
			t.Errorf("after %d bytes too late %d events, want %d", size, p.of(ends), want)
		}
	}
	for range growAfter {
		p.inTime(1) // shows nothing
	}
	if p.of(ends) != 1 {
		t.Error("a small body makes it grow")
	}
	for range 20 * growAfter {
		p.inTime(p.most)
	}
	if p.of(ends) != len(ends) || p.most != 0 {
		t.Errorf("%d events after all went well", p.of(ends))
	}
	if p.of(nil) != 0 {
		t.Error("a portion of nothing")
	}
}
