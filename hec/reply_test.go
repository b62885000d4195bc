package hec

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// What a reply without an error is worth depends on whether it is one of HEC.
func TestSuccessOfWhom(t *testing.T) {
	for _, tt := range []struct {
		status   int
		body     string
		want     verdict
		stripped bool // counts with ACCEPT_WITHOUT_CODE=on
	}{
		{200, `{"text":"Success","code":0}`, accept, false},
		{200, `{"text":"Success","code":0,"ackId":7}`, accept, false},
		{200, `{"code":"0","ackId":"7"}`, accept, false},
		{200, "\ufeff" + `{"text":"Success","code":0}`, accept, false},
		{201, `{"text":"Success","code":0}`, accept, false},
		{200, `{"text":"near the limit","code":24}`, slow, false},
		{200, `{"text":"HEC is healthy","code":17}`, doubt, false},
		{200, `{"text":"Server is busy","code":9}`, retry, false},
		{200, "", doubt, true},
		{202, "", doubt, true},
		{204, "", doubt, true},
		{200, " \r\n", doubt, true},
		{200, "OK", doubt, true},
		{200, `"OK"`, doubt, true},
		{200, "ok\n", doubt, true},
		{200, "Please sign in", doubt, true},
		{200, `{"status":"Success"}`, doubt, true},
		{200, `{"text":"more to come","code":29}`, doubt, true},
		{200, `{"text":"Success","code":"none"}`, doubt, true},
		{200, `{"text":"Success","code":0,"ackId":{}}`, doubt, true},
		{200, `{}`, doubt, true},
		{200, `[0]`, doubt, true},
		{200, "null", doubt, true},
		{200, `0`, doubt, true},
		{200, `{"code":null}`, doubt, true},
		{200, `{"code":0.5}`, doubt, true},
		{200, `{"text":"Success","code":0} and more`, doubt, true},
		{200, `{"text":"not found","code":404}`, doubt, false},
		{200, `{"text":"?","code":-1}`, doubt, false},
		{200, "<html>sign in</html>", doubt, false},
		{200, "\ufeff<html>sign in</html>", doubt, false},
		{301, "", pause, false},
		{404, `{"text":"not found","code":404}`, pause, false},
		{503, `{"text":"no upstream","code":503}`, retry, false},
		{413, "", split, false},
	} {
		r := parseReply(&http.Response{StatusCode: tt.status}, []byte(tt.body), "", time.Now())
		if got := r.verdict(); got != tt.want || r.stripped() != tt.stripped {
			t.Errorf("%d %q: verdict %d, want %d; stripped: %v", tt.status, tt.body, got, tt.want, r.stripped())
		}
		if (tt.want == doubt) != r.ambiguous() || tt.want == doubt && !strings.Contains(r.hint(), "one event at a time") {
			t.Errorf("%d %q: ambiguous %v, hint %q", tt.status, tt.body, r.ambiguous(), r.hint())
		}
	}
}

// Health is asked of HEC, and only HEC can say it.
func TestHealthOfWhom(t *testing.T) {
	for body, want := range map[string]verdict{
		`{"text":"HEC is healthy","code":17}`:   accept,
		`{"text":"queues are full","code":18}`:  retry,
		``:                                      doubt,
		`OK`:                                    doubt,
		`{"status":"up"}`:                       doubt,
		`{"text":"Token is required","code":2}`: pause,
		`{"text":"Server is shutting down","code":23}`: retry,
	} {
		r := parseReply(&http.Response{StatusCode: http.StatusOK}, []byte(body), "", time.Now())
		if got := r.healthVerdict(); got != want {
			t.Errorf("%q: verdict %d, want %d", body, got, want)
		}
	}
}
