package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ollama-hec/sourcetypes"
)

// reference is what a chat's request is to Ollama, by the means Ollama reads it with.
type reference struct {
	Model    string             `json:"model"`
	Messages []referenceMessage `json:"messages"`
	Tools    []json.RawMessage  `json:"tools"`
	Options  map[string]any     `json:"options"`
	Stream   *bool              `json:"stream"`
}

type referenceMessage struct {
	Role    string            `json:"role"`
	Content string            `json:"content"`
	Images  []json.RawMessage `json:"images"`
}

func (m *referenceMessage) UnmarshalJSON(b []byte) error {
	type plain referenceMessage
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*m = referenceMessage(p)
	m.Role = strings.ToLower(m.Role)
	return nil
}

func (r *reference) String() string {
	prompt, images := "", 0
	for _, m := range r.Messages {
		images += len(m.Images)
		if m.Role == "user" {
			prompt = m.Content
		}
	}
	ctx, _ := r.Options["num_ctx"].(json.Number)
	return fmt.Sprintf("%q %d %d %d %q %q", r.Model, len(r.Messages), len(r.Tools), images, prompt, ctx)
}

// scanned is the same, of what the scanner found.
func scanned(a *asked) string {
	prompt := ""
	if text, ok := a.promptText(); ok && a.lastUser {
		prompt = string(text.text)
	}
	return fmt.Sprintf("%q %d %d %d %q %q", a.model.whole(), a.messages, a.tools, a.images, prompt, a.options[numCtx].text)
}

func scan(text []byte, random *rand.Rand) *asked {
	o := &Options{Prompts: sourcetypes.Full, MaxPrompt: 1 << 20}
	r := &room{}
	r.left.Store(1 << 30)
	a := new(asked)
	a.model.most = 1 << 20
	a.start(endpoints["/api/chat"], o, &share{room: r})
	a.model.most = 1 << 20
	for len(text) > 0 {
		n := 1 + random.IntN(min(len(text), 1+random.IntN(64)))
		a.scan.feed(text[:n])
		text = text[n:]
	}
	a.scan.finish()
	return a
}

// What Ollama's way of reading takes, the scanner takes for the same.
func FuzzScanner(f *testing.F) {
	for i, s := range []string{
		askedChat, `{}`, `{"model":"a","MODEL":"b"} {"model":"c"}`, `{"model":null,"messages":[null,{}]}`,
		`{"\u006dodel":"\ud83d\ude00\ud800\ud83dx\udc00","messages":[{"role":"USER","content":"a\n\u0000"}]}`,
		"{\"model\":\"\xff\xe2\x82\xe2\x82\xac\xf0\x9f\x98\"}", "{\"meſſages\":[{\"\\u212aind\":1,\"role\":\"user\",\"content\":\"x\"}]}",
		`{"messages":[{"role":"user","content":"a","content":"b","images":["aGk=",{"a":[1,"]}"]}]},{"role":"user"}],"messages":[{"content":"z","role":"user"}]}`,
		`{"options":{"num_ctx":1,"NUM_CTX":2,"num_ctx":-1.5e+3,"x":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]},"options":null}`,
		`{"tools":[{"a":"\\\"]"},[],"x",1,null,true]}`, `{"a":{"b":[{"c":"\u12"}]}}`, `[{"model":"x"}]`, `{"model":"x"`, `{"model" : "x" , }`,
		`{"messages":[{"role":"user","content":"a","content":null}]}`, `{"messages":[{"role":"user","content":"a"}],"messages":[{"role":"user"}]}`,
		`{"messages":[{"role":"user","content":"a"}],"messages":null}`, `{"images":["` + strings.Repeat("QUJD", 3000) + `"],"model":"behind"}`, ` {"model":"` + strings.Repeat(`\"`, 2000) + `"}`,
		`{"context":[1,2,3,128000,` + strings.Repeat("42,", 500) + `7],"model":"x"}`, `{"model":tru}`, `{"stream":false,"model":"y"}`,
	} {
		f.Add([]byte(s), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		var want reference
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		err := d.Decode(&want)
		got := scan(text, rand.New(rand.NewPCG(seed, 2)))
		if err != nil || nested(text) > maxNested {
			return // Ollama refuses it: what is found in it is what there is
		}
		if ctx, _ := want.Options["num_ctx"].(json.Number); len(ctx) > maxOther {
			return
		}
		if !got.scan.whole() {
			t.Fatalf("not read to the end: %q", text)
		}
		if want.Options == nil && len(got.options[numCtx].text) > 0 {
			got.options[numCtx].text = nil // taken back by null: only who wants to be found does that
		}
		if g, w := scanned(got), want.String(); g != w {
			t.Errorf("%q\ngot  %s\nwant %s", text, g, w)
		}
	})
}

// nested is how deep brackets are, at most, whether in strings or not.
func nested(text []byte) (deepest int) {
	depth := 0
	for _, c := range text {
		switch c {
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}
