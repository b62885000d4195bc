package scs

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "https://api.scp.splunk.com https://auth.scp.splunk.com",
		"scp.splunk.com":                     "https://api.scp.splunk.com https://auth.scp.splunk.com",
		" eu-1.scs.splunk.com/ ":             "https://api.eu-1.scs.splunk.com https://auth.eu-1.scs.splunk.com",
		"api.scp.splunk.com":                 "https://api.scp.splunk.com https://auth.scp.splunk.com",
		"https://api.scp.splunk.com":         "https://api.scp.splunk.com https://auth.scp.splunk.com",
		"https://acme.api.scp.splunk.com:44": "https://acme.api.scp.splunk.com:44 https://acme.auth.scp.splunk.com:44",
		"https://gateway.example":            "https://gateway.example https://gateway.example",
		"http://127.0.0.1:8080":              "http://127.0.0.1:8080 http://127.0.0.1:8080",
		"http://localhost:1":                 "http://localhost:1 http://localhost:1",
		"http://[::1]:1":                     "http://[::1]:1 http://[::1]:1",
		"127.0.0.1:8443":                     "https://127.0.0.1:8443 https://127.0.0.1:8443",
		"10.1.2.3":                           "https://10.1.2.3 https://10.1.2.3",
		"http://10.1.2.3":                    "! use https",
		"http://scp.splunk.com":              "! use https",
		"ftp://x":                            "! it must begin with https://",
		"https://user:hunter2@x":             "! it must not name a user",
		"user:hunter2@x":                     "! it must not name a user",
		"https://x/path":                     "! nothing may follow",
		"https://x?token=hunter2":            "! nothing may follow",
		"https://x#":                         "! nothing may follow",
		"https://":                           "! it takes a domain",
		"https://x:99999":                    "! there is no port 99999",
		"https://x:hunter2":                  "! it takes a domain",
		"a b":                                "! it takes a domain",
	} {
		a, err := ParseAddress(text)
		got := ""
		if err == nil {
			got = a.API.String() + " " + a.Auth.String()
		} else {
			got = "! " + err.Error()
		}
		if got != want && !(strings.HasPrefix(want, "!") && strings.Contains(got, want[2:])) ||
			strings.Contains(got, "hunter2") {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestCheckTenant(t *testing.T) {
	for name, ok := range map[string]bool{
		"acme": true, "acme-1.dev": true, "Acme_2": true,
		"": false, "..": false, "a/b": false, "a b": false, "{{.}}": false, "a?b": false, "é": false, "-a": false, "a\n": false,
	} {
		if err := CheckTenant(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, ok := range map[string]bool{"ollama": true, "a123": true, "abc": false, "1abc": false, "Abcd": false, "ab-c": false, strings.Repeat("a", 37): false} {
		if err := CheckTokenName(name); (err == nil) != ok {
			t.Errorf("token %q: %v", name, err)
		}
	}
}
