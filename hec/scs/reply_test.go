package scs

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestReplyForPeople(t *testing.T) {
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{429, `{"code":"TOO_MANY","message":"slow down"}`, "429 Too Many Requests (TOO_MANY: slow down)"},
		{400, `{"code":1017}`, "400 Bad Request (1017)"},
		{500, `{"message":"oops"}`, "500 Internal Server Error (oops)"},
		{200, "<html>", "200 OK, with a web page instead of a reply of the service"},
		{200, "OK", `200 OK, but not a reply of the service: "OK"`},
		{503, "", "503 Service Unavailable"},
		{599, "{}", "599"},
	} {
		r := parseReply(&http.Response{StatusCode: tt.status}, []byte(tt.body), "", time.Now())
		if r.String() != tt.want {
			t.Errorf("%d %s: got %s, want %s", tt.status, tt.body, r, tt.want)
		}
	}
}

func FuzzReply(f *testing.F) {
	const token = "the-access-token"
	for _, body := range []string{
		`{"code":"INVALID_DATA","message":"m","details":{"failedEvents":[{"index":1,"message":"x"}]}}`,
		`{"code":"` + token + `"}`, `{"details":[` + token + `]}`, "null", `"` + token, "<html>" + token, "[]", "",
	} {
		f.Add(400, body, "2")
	}
	f.Fuzz(func(t *testing.T, status int, body, retryAfter string) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {retryAfter}}}
		r := parseReply(resp, []byte(body), token, time.Now())
		verdict := r.row()
		said := r.String() + verdict.hint + refusal(r).reason
		for _, ev := range r.failed {
			said += ev.Message
		}
		if strings.Contains(said, token) {
			t.Errorf("said %s", said)
		}
		if verdict.ask == accept && (status < 200 || status > 299 || !strings.HasPrefix(strings.TrimSpace(body), "{")) {
			t.Errorf("%d %q is taken for success", status, body)
		}
		if r.retryAfter < 0 || r.retryAfter > time.Hour {
			t.Errorf("Retry-After %q is %v", retryAfter, r.retryAfter)
		}
	})
}
