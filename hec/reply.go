package hec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// verdict is what a reply asks the client to do.
type verdict uint8

const (
	accept  verdict = iota // the receiver has it
	slow                   // the receiver has it and asks for less
	retry                  // the same again later, here or elsewhere
	pause                  // configuration: keep everything, try again seldom
	isolate                // one event is bad
	split                  // too large
	stop                   // only a person can help
	noAck                  // acknowledgment is not enabled on this token
	doubt                  // it may have been taken, but this is no answer of HEC
)

// codes says what each code of a HEC reply asks for. Source: Splunk's
// "Troubleshoot HTTP Event Collector", possible error codes; the comments say
// where practice taught more.
var codes = [...]verdict{
	0:  accept,
	1:  pause, // token disabled
	2:  pause, // token is required
	3:  pause, // invalid authorization
	4:  pause, // invalid token
	5:  retry, // no data: we never send none, so the body was lost on the way
	6:  isolate,
	7:  pause, // incorrect index: every event would have it, so none is at fault
	8:  retry, // internal error: may or may not have been taken
	9:  retry, // busy; sources disagree whether a prefix was taken
	10: stop,  // channel missing
	11: stop,  // channel invalid
	12: isolate,
	13: isolate,
	14: noAck,
	15: isolate,
	16: stop,  // query string authorization
	17: doubt, // health, which nobody has asked for
	18: retry, 19: retry, 20: retry,
	21: pause, 22: pause, // token invalid, disabled, as health says it
	23: retry,          // shutting down
	24: slow, 25: slow, // accepted: never resend
	26: retry, 27: retry,
	28: stop, // channel invalid
}

const codeHealthy, codeShuttingDown = 17, 23

// tokenCodes are the pauses that a valid token would end.
var tokenCodes = map[int]bool{1: true, 2: true, 3: true, 4: true, 21: true, 22: true}

// disabledCodes are those of a token that Splunk knows and that is switched off.
var disabledCodes = map[int]bool{1: true, 22: true}

// reply is what an endpoint answered to one POST.
type reply struct {
	Text    string  `json:"text"`
	Code    *number `json:"code"`
	Invalid *number `json:"invalid-event-number"` // 0-based
	AckID   *number `json:"ackId"`

	status     int
	retryAfter time.Duration // 0: not said
	date       time.Time     // of the endpoint's clock; zero: not said
	body       string        // the beginning of what is not a HEC reply
	html       bool          // a page, so not from HEC
	sent       bool          // with an error in place of the reply: it may have been taken
	location   string        // where a redirect leads
	asks       string        // what a front end asks for before it lets us in, as a hint
	proxy      string        // that may have answered in place of HEC
}

// number is an integer of a reply. Some front ends quote it.
type number int64

func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 64)
	*n = number(v)
	return err
}

// saidMost is how much of a reply is repeated.
const saidMost = 200

// parseReply reads an answer; what is not JSON is judged by its status alone.
// The token is kept out of the text it returns.
func parseReply(resp *http.Response, body []byte, token string, now time.Time) reply {
	var r reply
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if err := json.Unmarshal(body, &r); err != nil {
		r = reply{}
	}
	r.Text = excerpt(r.Text, token)
	if r.Code == nil {
		r.body = excerpt(string(body), token)
	}
	r.html = len(body) > 0 && body[0] == '<'
	r.status = resp.StatusCode
	r.location = redirect(resp)
	if r.Code == nil {
		r.asks = asksFor(r.status, body)
	}
	r.retryAfter = retryAfter(resp.Header.Get("Retry-After"), now)
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		r.date = date
	}
	return r
}

// tokenLeast is the length from which a token is looked for in a reply's text: shorter ones
// could be part of any word.
const tokenLeast = 8

func excerpt(text, token string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) { // what a terminal obeys, or takes for another line
			return ' '
		}
		return r
	}, text)
	if len(token) >= tokenLeast {
		text = strings.ReplaceAll(text, token, "[token]")
	}
	if len(text) > saidMost {
		return strings.ToValidUTF8(text[:saidMost], "") + "…"
	}
	return text
}

// hec reports whether the reply has a code of HEC. Another code is none.
func (r *reply) hec() bool { return r.Code != nil && *r.Code >= 0 && int(*r.Code) < len(codes) }

// good reports whether the HTTP status says that it went well.
func (r *reply) good() bool { return r.status >= 200 && r.status < 300 }

// stripped reports whether a front end may have said this in place of HEC's
// reply: that it went well, without a page and without an error of its own.
func (r *reply) stripped() bool {
	return r.good() && !r.hec() && !r.html && (r.Code == nil || *r.Code >= 0 && *r.Code < 100)
}

// healthVerdict judges the reply to a health check.
func (r *reply) healthVerdict() verdict {
	if r.Code != nil && *r.Code == codeHealthy {
		return accept
	}
	return r.verdict()
}

// verdict judges the reply to a POST of events. Where status and code disagree
// the code decides; without a code of HEC nothing counts as taken.
func (r *reply) verdict() verdict {
	if r.hec() {
		return codes[*r.Code]
	}
	switch s := r.status; {
	case s == http.StatusRequestEntityTooLarge:
		return split
	case s == http.StatusRequestTimeout, s == http.StatusTooManyRequests, s >= 500:
		return retry
	case r.good():
		return doubt
	}
	return pause
}

// token reports whether a valid token would have been accepted.
func (r *reply) token() bool {
	if r.hec() {
		return tokenCodes[int(*r.Code)]
	}
	return r.proxy == "" && r.asks == "" && (r.status == http.StatusUnauthorized || r.status == http.StatusForbidden)
}

// slow reports whether a gateway gave up waiting for the answer: the events may have
// arrived all the same, and arrive again each time they are sent.
func (r *reply) slow() bool {
	return !r.hec() && (r.status == http.StatusGatewayTimeout || r.status == 524)
}

// asksFor is the hint that a page of a front end comes to which wants TLS or a
// certificate of ours. nginx has statuses of its own for it.
func asksFor(status int, body []byte) string {
	if status < 400 || status >= 500 {
		return ""
	}
	has := func(text string) bool { return bytes.Contains(body, []byte(text)) }
	switch {
	case status == 497, has("plain HTTP"), has("HTTP request to an HTTPS server"), has("HTTPS port"):
		return hintHTTPS
	case status == 495, status == 496, has("SSL certificate"):
		return hintCert
	}
	return ""
}

// redirect is where a reply sends us, without a query, which may hold anything.
func redirect(resp *http.Response) string {
	if resp.StatusCode < 300 || resp.StatusCode >= 400 {
		return ""
	}
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Path == "" && to.Host == "" {
		return ""
	}
	if resp.Request != nil {
		to = resp.Request.URL.ResolveReference(to)
	}
	to.RawQuery, to.Fragment, to.User = "", "", nil
	return to.String()
}

func (r *reply) String() string {
	switch {
	case r.Code != nil && (r.hec() || !r.good()):
		return fmt.Sprintf("%d %s (code %d)", r.status, r.Text, *r.Code)
	case r.Code != nil:
		return fmt.Sprintf("%d %s with the code %d, which is none of HEC's", r.status, r.Text, *r.Code)
	case r.location != "":
		return fmt.Sprintf("%d %s to %s", r.status, http.StatusText(r.status), r.location)
	case r.proxy != "":
		return fmt.Sprintf("%d %s without a HEC code by way of the proxy %s", r.status, http.StatusText(r.status), r.proxy)
	case r.html:
		return fmt.Sprintf("%d with a web page instead of a HEC reply", r.status)
	case r.good() && r.body != "":
		return fmt.Sprintf("%d without a HEC code: %q", r.status, r.body)
	}
	return fmt.Sprintf("%d %s without a HEC code", r.status, http.StatusText(r.status))
}

// ambiguous reports whether the events may have been taken all the same.
func (r *reply) ambiguous() bool {
	if r.hec() {
		return *r.Code == 8 || r.verdict() == doubt
	}
	return r.good() || r.status == 500 || r.status == 502 || r.status == 504
}

// hint is what a person can do about a pause or stop.
func (r *reply) hint() string {
	switch {
	case r.verdict() == doubt && r.html:
		return "check URL: a web page answers there in place of HEC, whose port is 8088 unless it was changed " +
			"(8000 is Splunk Web, 8089 splunkd); until HEC answers, one event at a time is tried"
	case r.verdict() == doubt:
		return "check URL and the routes of what stands in front of HEC: " +
			"its answer does not say that HEC has taken anything; " +
			"until HEC answers, one event at a time is tried, which may come twice. " +
			"If the front end forwards events and strips HEC's replies, set ACCEPT_WITHOUT_CODE=on"
	case r.hec() && disabledCodes[int(*r.Code)]:
		return "enable the token in Splunk (Settings, Data inputs, HTTP Event Collector; Global Settings there hold for all tokens), " +
			"or check TOKEN or TOKEN_FILE"
	case r.token():
		return "check TOKEN or TOKEN_FILE and that the token is enabled in Splunk"
	case r.Code != nil && *r.Code == 7:
		return "set INDEX to an index that the token allows, or allow it in Splunk"
	case r.asks != "":
		return r.asks
	case r.location != "":
		return r.redirectHint()
	case !r.hec() && r.proxy != "":
		return proxyHint(r.status, proxyVariable("http"))
	case r.verdict() == stop:
		return "look at what stands between here and Splunk: the request was changed on its way"
	}
	return "check URL: is this the HEC port, and the proxy in front of it in order"
}

// splunkWeb is where Splunk Web sends everybody: to a path in a language, such as /en-US/account/login.
var splunkWeb = regexp.MustCompile(`^(?:https?://[^/]*)?/[a-z]{2}-[A-Z]{2}/`)

// redirectHint is what a person can do about a redirect: one of the same path names
// the URL to set.
func (r *reply) redirectHint() string {
	if splunkWeb.MatchString(r.location) {
		return "this is Splunk Web: set OLLAMA_HEC_URL to the port of HEC, 8088 unless it was changed"
	}
	if base, ok := strings.CutSuffix(r.location, eventPath); ok {
		return "set OLLAMA_HEC_URL to " + base + " if that is HEC"
	}
	return "check URL: something in front of HEC sends requests elsewhere, such as to a page to sign in at"
}

// retryAfter reads the header: seconds or a date (RFC 9110, section 10.2.3).
// What is absurd is 0.
func retryAfter(h string, now time.Time) time.Duration {
	if h == "" {
		return 0
	}
	if sec, err := strconv.Atoi(h); err == nil {
		return time.Duration(min(max(sec, 0), 3600)) * time.Second
	}
	if at, err := http.ParseTime(h); err == nil {
		return min(max(at.Sub(now), 0), time.Hour)
	}
	return 0
}

// key is what replies are counted by.
func (r *reply) key() string {
	if r.hec() {
		return strconv.Itoa(int(*r.Code))
	}
	return "http_" + strconv.Itoa(r.status)
}
