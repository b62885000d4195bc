package exchange

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/wire"
)

// Bombs are read as far as all of them together may swell, and then told of as partial; bodies
// that swell as texts do are read all the same, and after a while the next bomb is, too.
func TestBombs(t *testing.T) {
	s := talkTo(defaults())
	bomb := compressed(t, "zstd", `{"pad":"`+strings.Repeat("x", 15<<20)+`","model":"m"}`)
	var prose strings.Builder
	words := strings.Fields("the model answers what a user asks it in words that come again and again")
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		prose.WriteString(words[dice.IntN(len(words))] + " ")
	}
	usual := compressed(t, "zstd", `{"pad":"`+prose.String()+`","model":"m"}`)
	now := start
	ask := func(body string) (whole bool) {
		n := len(s.records)
		s.Data(wire.FromClient, now, []byte(post("/v1/responses", body, "Content-Encoding: zstd")))
		s.Data(wire.FromServer, now, []byte(answered1("404 Not Found", jsonUTF8, missing)))
		if len(s.records) != n+1 {
			t.Fatalf("%d events", len(s.records)-n)
		}
		whole = strings.Contains(s.records[n], `"model":"m"`)
		if whole == strings.Contains(s.records[n], `"partial":true`) {
			t.Errorf("%s", s.records[n])
		}
		return whole
	}
	read := 0
	for range 20 {
		if ask(bomb) {
			read++
		}
	}
	if read != mostSwell/(15<<20) {
		t.Errorf("%d bombs were read at once", read)
	}
	if n := s.all.Stats().CutTexts; n != int64(20-read) {
		t.Errorf("%d are counted", n)
	}
	for range 20 {
		if !ask(usual) {
			t.Fatal("a usual body was not read")
		}
	}
	now = now.Add(time.Second)
	if !ask(bomb) || ask(bomb) {
		t.Error("a second makes good for one bomb")
	}
}

// What is made good depends on the time that passed, however wrong the clock.
func TestSwell(t *testing.T) {
	var s swell
	for _, step := range []struct {
		at   time.Duration
		take int
		want bool
	}{
		{0, mostSwell, true}, {0, 1, false}, {-time.Hour, 1, false},
		{time.Second, swellSecond, true}, {time.Second, 1, false},
		{1000 * time.Hour, mostSwell, true}, {1000 * time.Hour, 1, false},
	} {
		if got := s.take(step.take, start.Add(step.at)); got != step.want {
			t.Errorf("%d at %v: %v", step.take, step.at, got)
		}
	}
}
