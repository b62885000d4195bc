package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/input/spool"
)

// cost is what something adds to the licence volume, in bytes of events.
type cost struct {
	what, setting string
	bytes         int
}

const (
	chats     = 40 // requests that a cost is measured of
	promptLen = 400
	answerLen = 800
)

// The sizing page says what is measured here, within a seventh: bytes of the events of a request, by the log's
// lines of a real server and by capture of a fake one's traffic. The examples are reckoned from what the page says.
func TestSizing(t *testing.T) {
	const page = "SIZING.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	measured := append(costsOfTheLog(t), costsOfCapture(t)...)
	stated := costsOn(string(text), measured)
	if *update {
		stated = measured
	}
	want, err := between(string(text), "sizing", costTable(stated)+examples(stated))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s does not reckon from what it says: go test ./cmd/ollama-hec -run Sizing -update", page)
	}
	for i, m := range measured {
		if off := math.Abs(float64(stated[i].bytes - m.bytes)); off > float64(m.bytes)/7+5 {
			t.Errorf("%s %s: %d bytes, but %s says %d", m.what, m.setting, m.bytes, page, stated[i].bytes)
		}
	}
}

// costsOfTheLog are those of an access line, as it is and as a request, and of the other lines a request.
func costsOfTheLog(t *testing.T) []cost {
	t.Helper()
	_, got := collect(t)
	log := filepath.Join(corpusDir, "v0.13.5-info.log")
	status, _, errOut := command(t, "", "run", "--once", "--paths="+log, "--state-dir="+t.TempDir())
	if status != 0 {
		t.Fatal(errOut)
	}
	var access, others, requests, lines int
	for source, by := range got.events {
		if source != filepath.Base(log) {
			continue
		}
		for _, e := range by["ollama:server"] {
			if strings.HasPrefix(e, "[GIN]") {
				access += len(e)
				lines++
			} else {
				others += len(e)
			}
		}
		for _, e := range by["ollama:api"] {
			requests += len(e)
		}
	}
	if lines < 30 {
		t.Fatalf("%d access lines", lines)
	}
	return []cost{
		{"access line, ollama:server", "`SKIP=access` leaves it out", rounded(access / lines)},
		{"the same as ollama:api", "`API_EVENTS=off` leaves it out", rounded(requests / lines)},
		{"other lines of the log, by request", "a model was loaded at every sixth; `SKIP=runner,startup` leaves out most", rounded(others / lines)},
	}
}

// costsOfCapture are those of a request, of its prompt and answer, and of its connection.
func costsOfCapture(t *testing.T) []cost {
	t.Helper()
	usual := chatsOf(t)
	answers := chatsOf(t, "--responses=redacted")
	silent := chatsOf(t, "--prompts=off")
	all := chatsOf(t, "--connection-events=all")
	if n := silent["ollama:prompts"]; n != 0 {
		t.Errorf("PROMPTS=off leaves %d bytes of prompts", n)
	}
	return []cost{
		{"captured request, ollama:api", "in place of that of its access line", usual["ollama:api"]},
		{"its prompt of 400 bytes, ollama:prompts", "`PROMPTS=off` leaves it out", usual["ollama:prompts"]},
		{"its answer of 800 bytes, in the same event", "`RESPONSES=redacted`", answers["ollama:prompts"] - usual["ollama:prompts"]},
		{"its connection, ollama:connection", "`CONNECTION_EVENTS=all`", all["ollama:connection"]},
	}
}

// chatsOf are the bytes by sourcetype of a chat that is captured with those settings.
func chatsOf(t *testing.T, flags ...string) map[string]int {
	t.Helper()
	_, got := collect(t)
	ollama := httptest.NewServer(&fakeollama.Ollama{Words: strings.SplitAfter(strings.Repeat("because ", answerLen/8), " ")})
	defer ollama.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(ollama.URL, "http://"), ":")
	state := t.TempDir()
	common := append([]string{"--state-dir=" + state, "--paths=" + filepath.Join(t.TempDir(), "*.log")}, flags...)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errOut output
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"capture", "--capture-ports=" + port}, common...), strings.NewReader(""), &out, &errOut)
	}()
	for !strings.Contains(errOut.String(), "msg=capturing") {
		select {
		case <-ended:
			t.Skipf("nothing can be captured here: %s", errOut.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	prompt := strings.Repeat("question ", promptLen/9+1)[:promptLen]
	body := `{"model":"llama3.2","messages":[{"role":"user","content":"` + prompt + `"}]}`
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range chats {
		if err := ask(t.Context(), client, ollama.URL+"/api/chat", body); err != nil {
			t.Fatal(err)
		}
	}
	spooled := spool.NewReader(state, slog.New(slog.DiscardHandler))
	for { // until it tells of all
		in, err := spooled.Inspect()
		if err != nil {
			t.Fatal(err)
		}
		if in != nil && in.Writers["capture"].Counts["requests"] == chats {
			break
		}
		<-time.After(50 * time.Millisecond)
	}
	stop()
	if status := <-ended; status != exitDone {
		t.Fatal(errOut.String())
	}
	if status, _, errOut := command(t, "", append([]string{"run", "--once"}, common...)...); status != exitDone {
		t.Fatal(errOut)
	}
	bytes := map[string]int{}
	for _, by := range got.events {
		for sourcetype, events := range by {
			for _, e := range events {
				bytes[sourcetype] += len(e)
			}
		}
	}
	for sourcetype := range bytes {
		bytes[sourcetype] = rounded(bytes[sourcetype] / chats)
	}
	return bytes
}

// rounded is n as a page says it.
func rounded(n int) int { return (n + 5) / 10 * 10 }

func costTable(all []cost) string {
	var t strings.Builder
	t.WriteString("| of each request | bytes | setting |\n|---|--:|---|\n")
	for _, c := range all {
		fmt.Fprintf(&t, "| %s | %d | %s |\n", c.what, c.bytes, c.setting)
	}
	return t.String()
}

// costsOn are the costs as a page states them; 0 where it does not.
func costsOn(text string, like []cost) []cost {
	stated := make([]cost, len(like))
	for i, c := range like {
		stated[i] = c
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(c.what) + ` \| (\d+) \|`).FindStringSubmatch(text)
		if stated[i].bytes = 0; row != nil {
			stated[i].bytes, _ = strconv.Atoi(row[1])
		}
	}
	return stated
}

// examples reckons days of several sizes from the costs of a request.
func examples(c []cost) string {
	log := c[0].bytes + c[1].bytes + c[2].bytes
	captured := c[0].bytes + c[2].bytes + c[3].bytes // the request is told once
	prompts := captured + c[4].bytes
	answers := prompts + c[5].bytes
	var t strings.Builder
	t.WriteString("\n| requests a day | log alone | captured, `PROMPTS=off` | with prompts | with answers, too | and every connection |\n" +
		"|---|--:|--:|--:|--:|--:|\n")
	for _, of := range []struct {
		who string
		n   int
	}{{"2,000: a team of twenty", 2e3}, {"100,000: a busy service", 1e5}, {"5,000,000: fifty of those", 5e6}} {
		fmt.Fprintf(&t, "| %s |", of.who)
		for _, bytes := range []int{log, captured, prompts, answers, answers + c[6].bytes} {
			fmt.Fprintf(&t, " %s |", humanize.Bytes(uint64(bytes*of.n)))
		}
		t.WriteString("\n")
	}
	return t.String()
}
