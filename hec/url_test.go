package hec_test

import (
	"strings"
	"testing"

	"ollama-hec/hec"
)

func TestURLs(t *testing.T) {
	for raw, want := range map[string]string{
		"https://splunk:8088":                             "https://splunk:8088",
		" http://127.0.0.1:8088/ ":                        "http://127.0.0.1:8088",
		"HTTPS://splunk":                                  "https://splunk",
		"https://[::1]:8088":                              "https://[::1]:8088",
		"https://splunk:8088/services/collector/event":    "https://splunk:8088",
		"https://proxy/hec/services/collector":            "https://proxy/hec",
		"https://http-inputs-acme.splunkcloud.com:443":    "https://http-inputs-acme.splunkcloud.com:443",
		"splunk:8088":                                     "",
		"ftp://splunk":                                    "",
		"https://":                                        "",
		"https://:8088":                                   "",
		"https://splunk:8088?":                            "",
		"http://127.0.0.1:99999":                          "",
		"http://127.0.0.1:0":                              "",
		"https://user:geheim@splunk:8088":                 "",
		"https://user:geheim%zz@splunk:8088":              "",
		"user:geheim@splunk:8088":                         "",
		"https://splunk:80 88/?token=geheim":              "",
		"https://splunk:8088/?token=ge@geheim":            "",
		"https://splunk:8088/?token=geheim":               "",
		"https://splunk:8088/services/collector?x=geheim": "",
		"ftp://splunk#geheim":                             "",
	} {
		got, err := hec.ParseURL(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", raw, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: the error tells a secret: %v", raw, err)
		}
	}
}

func TestInTheClear(t *testing.T) {
	for base, want := range map[string]bool{
		"http://splunk:8088": true, "http://10.1.2.3:8088": true, "http://[2001:db8::1]:8088": true, "http://localhost.example.com": true,
		"http://0.0.0.0:8088": true, "https://splunk:8088": false, "http://127.0.0.1:8088": false, "http://127.8.9.10": false,
		"http://[::1]:8088": false, "http://[::ffff:127.0.0.1]:8088": false, "http://localhost:8088": false, "http://LOCALHOST.:8088": false, "http://hec.localhost": false,
	} {
		if got := hec.InTheClear(base); got != want {
			t.Errorf("%s: %v", base, got)
		}
	}
}
