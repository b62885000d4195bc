package hec

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// What a reply of 200 is worth depends on whether it is a reply of HEC.
func TestSuccessOfWhom(t *testing.T) {
	for body, want := range map[string]verdict{
		`{"text":"Success","code":0}`:            accept,
		`{"text":"Success","code":0,"ackId":7}`:  accept,
		`{"code":"0","ackId":"7"}`:               accept,
		"\ufeff" + `{"text":"Success","code":0}`: accept,
		`{"text":"more to come","code":29}`:      accept,
		"":                                       accept,
		" \r\n":                                  accept,
		"OK":                                     accept,
		`"OK"`:                                   accept,
		"ok\n":                                   accept,
		"<html>sign in</html>":                   pause,
		"\ufeff<html>sign in</html>":             pause,
		"Please sign in":                         pause,
		"\x1f\x8b\x08\x00\x00":                   pause,
		`{"error":"not found"}`:                  pause,
		`{"text":"not found","code":404}`:        pause,
		`{"text":"Success","code":"none"}`:       pause,
		`{"text":"Success","code":0,"ackId":{}}`: pause,
		`{}`:                                     pause,
		`[0]`:                                    pause,
		"null":                                   pause,
	} {
		r := parseReply(&http.Response{StatusCode: http.StatusOK}, []byte(body), "", time.Now())
		if got := r.verdict(); got != want {
			t.Errorf("%q: verdict %d, want %d", body, got, want)
		}
		if want == pause && (r.hint() == "" || !slices.Contains([]string{"http_200", "404"}, r.key())) {
			t.Errorf("%q: %s, %s", body, r.key(), r.hint())
		}
	}
}
