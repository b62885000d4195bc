package journald

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

var update = flag.Bool("update", false, "record the journal and its golden files again")

// feed gives a stream what journalctl wrote and reads all of it.
func feed(t testing.TB, lines []byte) []input.Record {
	t.Helper()
	j, err := New(Config{Unit: "ollama", MaxLine: 1 << 20, Store: &memory{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := j.open("")
	s.add(lines)
	s.end()
	var all []input.Record
	for c, p := (input.Chunk{}), input.More; p == input.More; {
		p = s.Read(&c)
		for _, r := range c.Records {
			r.Text = bytes.Clone(r.Text)
			all = append(all, r)
		}
	}
	return all
}

// TestRecorded reads what journalctl wrote of a real journal, with or without
// a journalctl here; where one is, it must still write that.
func TestRecorded(t *testing.T) {
	recordAnew(t)
	recorded, err := os.ReadFile("testdata/ollama.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, lines []byte) {
		var b strings.Builder
		for _, r := range feed(t, lines) {
			fmt.Fprintf(&b, "%d %d %d %q\n", r.Next, r.Time, r.Output, r.Text)
		}
		golden := "testdata/ollama.golden"
		if *update {
			if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	}
	t.Run("as recorded", func(t *testing.T) { check(t, recorded) })
	if _, err := exec.LookPath("journalctl"); err == nil {
		t.Run("as journalctl reads it here", func(t *testing.T) { check(t, show(t, unpack(t))) })
	}
}

func unpack(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/ollama.journal.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ollama.journal")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, unpacked); err != nil {
		t.Fatal(err)
	}
	return path
}

func show(t *testing.T, file string) []byte {
	t.Helper()
	out, err := exec.Command("journalctl", "--file="+file, "--output=json", "--all", "--output-fields="+fields).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// recordAnew makes the journal file and what journalctl writes of it anew.
func recordAnew(t *testing.T) {
	if !*update || !haveRemote() {
		return
	}
	j := newJournal(t)
	j.write(
		t,
		"ollama",
		said(
			`time=2026-10-21T19:15:41.541Z level=INFO source=server.go:496 msg="loading model" "model layers"=3 requested=-1`,
		),
		said("[GIN] 2026/10/21 - 19:15:42 | 404 |       5.819µs |       127.0.0.1 | GET      \"/nope\"", "_STREAM_ID", "out"),
		said("\x1b[31mred\x1b[0m"),
		said("bad\xff bytes"),
		said("two\nlines"),
		said(strings.Repeat("long ", 1000)),
		said(
			"cut ",
			"_LINE_BREAK",
			"line-max",
			"_STREAM_ID",
			"out",
		),
		said("between", "_STREAM_ID", "err"),
		said("and joined", "_STREAM_ID", "out"),
		fieldsOf{
			"_TRANSPORT",
			"driver",
			"MESSAGE_ID",
			suppressedID,
			"N_DROPPED",
			"5",
			"OBJECT_SYSTEMD_UNIT",
			"ollama.service",
			"MESSAGE",
			"Suppressed 5 messages from ollama.service",
		},
		fieldsOf{
			"_SYSTEMD_UNIT",
			"libpod-conmon-0f.scope",
			"CONTAINER_NAME",
			"ollama",
			"CONTAINER_ID_FULL",
			"0f",
			"PRIORITY",
			"3",
			"CONTAINER_PARTIAL_MESSAGE",
			"true",
			"MESSAGE",
			"a container's ",
		},
		fieldsOf{
			"_SYSTEMD_UNIT",
			"libpod-conmon-0f.scope",
			"CONTAINER_NAME",
			"ollama",
			"CONTAINER_ID_FULL",
			"0f",
			"PRIORITY",
			"3",
			"MESSAGE",
			"line\n",
		},
		said("first", "MESSAGE", "second"),
		said("end 😀"),
	)
	file := filepath.Join(j.dir, "ollama.journal")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	w.Write(raw)
	w.Close()
	for name, content := range map[string][]byte{"ollama.journal.gz": packed.Bytes(), "ollama.json": show(t, file)} {
		if err := os.WriteFile("testdata/"+name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// plainEntry is entry.parse and jsonline.AppendMessage written plainly.
func plainEntry(line []byte) (cursor, message string, nanos int64, ok bool) {
	var e struct {
		Cursor  string          `json:"__CURSOR"`
		Time    string          `json:"__REALTIME_TIMESTAMP"`
		Message json.RawMessage `json:"MESSAGE"`
	}
	if json.Unmarshal(line, &e) != nil || e.Cursor == "" {
		return
	}
	fmt.Sscanf(e.Time, "%d", &nanos)
	var list []json.RawMessage
	if message, ok = plainMessage(e.Message); !ok && json.Unmarshal(e.Message, &list) == nil {
		var lines []string
		for _, raw := range list {
			var text string
			if text, ok = plainMessage(raw); !ok {
				return
			}
			lines = append(lines, text)
		}
		message = strings.Join(lines, "\n")
	}
	return e.Cursor, message, nanos * 1000, ok
}

func plainMessage(raw []byte) (string, bool) {
	var numbers []uint8
	var loose []uint16
	var text string
	switch {
	case json.Unmarshal(raw, &text) == nil:
		return text, true
	case json.Unmarshal(raw, &loose) == nil && len(loose) > 0:
		for _, n := range loose {
			if n > 255 {
				return "", false
			}
			numbers = append(numbers, uint8(n))
		}
		return string(numbers), true
	}
	return "", false
}

func FuzzEntry(f *testing.F) {
	recorded, err := os.ReadFile("testdata/ollama.json")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(recorded) {
		f.Add(string(line), "text", []byte{1, 0xff})
	}
	f.Fuzz(func(t *testing.T, line, message string, raw []byte) {
		var e entry
		e.parse([]byte(line))
		jsonline.AppendMessage(nil, e.message)

		numbers := []string{}
		for _, b := range raw {
			numbers = append(numbers, fmt.Sprint(b))
		}
		asText, _ := json.Marshal(message)
		asBytes := "[" + strings.Join(numbers, ",") + "]"
		for _, value := range []string{string(asText), asBytes, fmt.Sprintf("[%s,%s,%s]", asText, asBytes, asText)} {
			if len(raw) == 0 && strings.Contains(value, "[]") {
				continue // journalctl writes no empty lists
			}
			line := fmt.Appendf(
				nil,
				`{"x":{"MESSAGE":1},"MESSAGE":%s,"__CURSOR":"c","__REALTIME_TIMESTAMP":"1700000000001000"}`,
				value,
			)
			cursor, want, nanos, ok := plainEntry(line)
			if !ok {
				t.Fatalf("the plain parser refuses %s", line)
			}
			if !e.parse(line) || string(e.cursor) != cursor || e.nanos() != nanos {
				t.Fatalf("%s: got cursor %q, time %d", line, e.cursor, e.nanos())
			}
			if got := string(jsonline.AppendMessage(nil, e.message)); got != want {
				t.Fatalf("%s: got %q, want %q", line, got, want)
			}
		}
	})
}

// FuzzTrim: a trimmed line is JSON with the same members, the message a
// beginning of what it was, and what is gone counted to the byte.
func FuzzTrim(f *testing.F) {
	f.Add("plain text", []byte{1, 2, 255}, "other", uint8(5), uint8(3))
	f.Add("µ\u2028\"\\\n😀", []byte{}, "", uint8(3), uint8(1))
	f.Fuzz(func(t *testing.T, text string, raw []byte, other string, limit, piece uint8) {
		text, other = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(other, "?")
		trimmed(t, mustJSON(text), text, other, int(limit), int(piece))
		if len(raw) == 0 {
			return
		}
		numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint(raw), " ", ","), "[]")
		trimmed(t, "["+numbers+"]", string(raw), other, int(limit), int(piece))
	})
}

func mustJSON(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func trimmed(t *testing.T, value, message, other string, limit, piece int) {
	limit, piece = max(limit, 1), max(piece, 1)
	line := fmt.Sprintf(`{"A":%s,"MESSAGE":%s,"N":null,"__CURSOR":"c","Z":%s}`, mustJSON(other), value, mustJSON(other))
	tr := trim{limit: limit}
	for rest := []byte(line); len(rest) > 0; {
		n := min(piece, len(rest))
		tr.write(rest[:n])
		rest = rest[n:]
	}
	out := tr.line()
	if !json.Valid(out) {
		t.Fatalf("%s trimmed to %d became %s", line, limit, out)
	}
	var e entry
	if !e.parse(out) || string(e.cursor) != "c" {
		t.Fatalf("no entry: %s", out)
	}
	kept := jsonline.AppendMessage(nil, e.message)
	gone := int(number(e.gone))
	if gone == 0 {
		if string(kept) != message {
			t.Fatalf("nothing is said to be gone of %q, there is %q", message, kept)
		}
		return
	}
	// a pair of surrogates may be cut in the middle, where its half counts two
	prefix := strings.TrimSuffix(string(kept), "\ufffd")
	if !strings.HasPrefix(message, prefix) || len(prefix) < limit-utf8.UTFMax {
		t.Fatalf("kept %q of %q, the limit is %d", kept, message, limit)
	}
	if prefix == string(kept) && len(kept)+gone != len(message) {
		t.Fatalf("kept %d bytes, %d are gone, there were %d", len(kept), gone, len(message))
	}
	if len(out) > len(line)+40 || len(kept) < limit {
		t.Fatalf("kept %d bytes with a limit of %d", len(kept), limit)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	recorded := bytes.Repeat([]byte(oneEntry+"\n"), 100)
	j, _ := New(Config{Unit: "ollama", MaxLine: 1 << 20, Store: &memory{}, Log: slog.New(slog.DiscardHandler)})
	s := j.open("")
	c := input.Chunk{Buf: make([]byte, 64<<10)}
	read := func() {
		s.add(recorded)
		if s.Read(&c); len(c.Records) != 100 {
			t.Fatalf("got %d records", len(c.Records))
		}
		s.places.marks, s.places.text = s.places.marks[:0], s.places.text[:0]
	}
	read()
	read()
	if n := testing.AllocsPerRun(20, read); n > 2 {
		t.Errorf("%v allocations for 100 lines", n)
	}
}

func BenchmarkRead(b *testing.B) {
	recorded, err := os.ReadFile("testdata/ollama.json")
	if err != nil {
		b.Fatal(err)
	}
	line, _, _ := bytes.Cut(recorded, []byte("\n"))
	block := bytes.Repeat(append(line, '\n'), 256)
	j, _ := New(Config{Unit: "ollama", MaxLine: 1 << 20, Store: &memory{}, Log: slog.New(slog.DiscardHandler)})
	s := j.open("")
	c := input.Chunk{Buf: make([]byte, 64<<10)}
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for n := 0; n < b.N; {
		s.add(block)
		for p := input.More; p == input.More; n += len(c.Records) {
			p = s.Read(&c)
		}
		s.Commit(s.at, input.Carry{})
	}
}
