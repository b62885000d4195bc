package receiver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func ackOptions() Options {
	return Options{Tokens: []Token{{Value: secret, Ack: true}}}
}

func ask(channel, ids string) call {
	return call{path: "/services/collector/ack", channel: channel, body: `{"acks":[` + ids + `]}`}
}

func TestAckIdsCountFromZeroPerChannelAndAreTrueOnce(t *testing.T) {
	r := start(t, ackOptions())
	event := call{channel: chanA, body: `{"event":1}`}
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":0}`)
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":1}`)
	call{
		path: "/services/collector/raw?channel=" + chanB,
		body: "a",
	}.expect(
		t,
		r,
		200,
		`{"text":"Success","code":0,"ackId":0}`,
	)

	ask(chanB, "1").expect(t, r, 200, `{"acks":{"1":false}}`)
	ask(chanA, "1,0,7").expect(t, r, 200, `{"acks":{"1":true,"0":true,"7":false}}`)
	ask(chanA, "0,1").expect(t, r, 200, `{"acks":{"0":false,"1":false}}`)
	event.channel = strings.ToUpper(chanB)
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":1}`)
	ask(chanB, "0,1").expect(t, r, 200, `{"acks":{"0":true,"1":true}}`)
}

func TestAcksNeedAChannel(t *testing.T) {
	tests := []struct {
		name  string
		cloud bool
		call  call
		want  string
	}{
		{"missing", false, call{body: `{"event":1}`}, `{"text":"Data channel is missing","code":10}`},
		{
			"missing on raw",
			false,
			call{path: "/services/collector/raw", body: `a`},
			`{"text":"Data channel is missing","code":10}`,
		},
		{"missing in a query", false, ask("", "0"), `{"text":"Data channel is missing","code":10}`},
		{"missing on Cloud", true, call{body: `{"event":1}`}, `{"text":"` + codes[28].text + `","code":28}`},
		{"no GUID", false, call{channel: "a", body: `{"event":1}`}, `{"text":"Invalid data channel","code":11}`},
		{
			"a GUID but for one letter",
			false,
			call{channel: strings.Replace(chanA, "a", "g", 1), body: `{"event":1}`},
			`{"text":"Invalid data channel","code":11}`,
		},
		{
			"a GUID but for one dash",
			false,
			ask(strings.Replace(chanA, "-", "0", 1), "0"),
			`{"text":"Invalid data channel","code":11}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			options := ackOptions()
			options.Cloud = tt.cloud
			tt.call.expect(t, start(t, options), 400, tt.want)
		})
	}
}

func TestAckQueriesThatAreNone(t *testing.T) {
	r := start(t, ackOptions())
	for body, want := range map[string]string{
		``:               `{"text":"No data","code":5}`,
		`{}`:             `{"text":"Invalid data format","code":6}`,
		`{"acks":["a"]}`: `{"text":"Invalid data format","code":6}`,
		`{"acks":[0]`:    `{"text":"Invalid data format","code":6}`,
	} {
		call{path: "/services/collector/ack", channel: chanA, body: body}.expect(t, r, 400, want)
	}
	ask(chanA, "").expect(t, r, 200, `{"acks":{}}`)
}

func TestARefusalCarriesTheAckOfThePrefixTaken(t *testing.T) {
	r := start(t, ackOptions())
	call{
		channel: chanA,
		body:    `{"event":0}x`,
	}.expect(
		t,
		r,
		400,
		`{"text":"Invalid data format","code":6,"invalid-event-number":1,"ackId":0}`,
	)
	call{channel: chanA, body: `x`}.expect(t, r, 400, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`)
	call{channel: chanA}.expect(t, r, 400, `{"text":"No data","code":5}`)
	call{channel: chanA, body: `{"event":0}`}.expect(t, r, 200, `{"text":"Success","code":0,"ackId":1}`)
	ask(chanA, "0,1").expect(t, r, 200, `{"acks":{"0":true,"1":true}}`)
}

func TestRestartForgetsChannelsAndAcks(t *testing.T) {
	r := start(t, ackOptions())
	event := call{channel: chanA, body: `{"event":1}`}
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":0}`)
	r.Restart()
	ask(chanA, "0").expect(t, r, 200, `{"acks":{"0":false}}`)
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":0}`)
}

func TestAckRoomIsBounded(t *testing.T) {
	options := ackOptions()
	options.AckChannels, options.AckPending = 1, 2
	var out lineBuffer
	options.Out = &out
	r := start(t, options)
	event := call{channel: chanA, body: `{"event":1}`}
	event.do(t, r)
	event.do(t, r)
	full := `{"text":"HEC ACK channel is at capacity and cannot process any more requests","code":27}`
	event.expect(t, r, 429, full)
	call{channel: chanB, body: `{"event":2}`}.expect(t, r, 429, full)
	if got, want := out.String(), "{\"event\":1}\n{\"event\":1}\n"; got != want {
		t.Errorf("taken:\n%swant:\n%s", got, want)
	}
	ask(chanA, "0").expect(t, r, 200, `{"acks":{"0":true}}`)
	event.expect(t, r, 200, `{"text":"Success","code":0,"ackId":2}`)
}

// direct answers a request without a network, for tests that own the clock.
func direct(t *testing.T, r *Receiver, c call) string {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, c.request(t, r))
	return w.Body.String()
}

func TestAcksComeAfterTheirDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := ackOptions()
		options.AckDelay = 3 * time.Second
		r := New(options)
		direct(t, r, call{channel: chanA, body: `{"event":1}`})
		r.SetFault(Plan(Fault{AckDelay: time.Second}, Fault{AckDelay: -1}))
		direct(t, r, call{channel: chanA, body: `{"event":1}`})
		direct(t, r, call{channel: chanA, body: `{"event":1}`})
		for _, want := range []string{
			`{"acks":{"0":false,"1":false,"2":false}}`, // at once
			`{"acks":{"0":false,"1":false,"2":false}}`, // after 2 s
			`{"acks":{"0":true,"1":true,"2":false}}`,   // after 4 s
			`{"acks":{"0":false,"1":false,"2":false}}`, // after 6 s
		} {
			if got := direct(t, r, ask(chanA, "0,1,2")); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			<-time.After(2 * time.Second)
		}
	})
}

func TestIdleChannelsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		options := ackOptions()
		options.AckChannels = 1
		r := New(options)
		event := call{body: `{"event":1}`}
		event.channel = chanA
		direct(t, r, event)
		event.channel = chanB
		if got := direct(t, r, event); !strings.Contains(got, `"code":27`) {
			t.Errorf("no room, yet answered %s", got)
		}
		<-time.After(idleChannel)
		if got, want := direct(t, r, event), `{"text":"Success","code":0,"ackId":0}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestTheCookieOfABalancerIsMissed(t *testing.T) {
	options := ackOptions()
	options.Cookie = "node=1"
	r := start(t, options)
	event := call{channel: chanA, body: `{"event":1}`}
	event.do(t, r)
	if got := r.Stats().WrongNode; got != 0 {
		t.Errorf("the first request of a channel is astray (%d)", got)
	}
	event.header = map[string]string{"Cookie": "a=b; node=1"}
	event.do(t, r)
	resp, err := http.DefaultClient.Do(ask(chanA, "0").request(t, r))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Set-Cookie"); got != "node=1" {
		t.Errorf("cookie set: %q", got)
	}
	if got := r.Stats().WrongNode; got != 1 {
		t.Errorf("%d requests astray, want the one without a cookie", got)
	}
}
