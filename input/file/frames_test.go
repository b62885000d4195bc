package file

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/input"
)

func docker(text string) string {
	return fmt.Sprintf(`{"log":%q,"stream":"stderr","time":"2026-11-21T19:15:41.5Z"}`+"\n", text)
}

func cri(output, tag, text string) string {
	return "2026-11-21T19:15:41.5Z " + output + " " + tag + " " + text + "\n"
}

func TestFramedLines(t *testing.T) {
	tellAll(t, []story{
		{"of Docker", nil, func(b *bench) {
			b.write("a.log", docker("one\n")+docker("tw")+docker("o \"2\"\n")+docker("thr"))
			b.start()
			b.wants("one\n", "two \"2\"\n")
			b.append("a.log", docker("ee\n"))
			b.wants("one\n", "two \"2\"\n", "three\n")
		}},
		{"of Kubernetes, two outputs between each other", nil, func(b *bench) {
			b.write("a.log", cri("stdout", "P", "on")+cri("stderr", "P", "tw")+cri("stdout", "F", "e")+cri("stderr", "F", "o"))
			b.start()
			b.wants("one\n", "two\n")
		}},
		{"begun before a crash and ended after it", nil, func(b *bench) {
			b.write("a.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.start()
			b.wants("one\n")
			b.kill()
			b.append("a.log", cri("stdout", "F", "o"))
			b.start()
			b.eventually("the line in parts", func() bool { return strings.HasSuffix(strings.Join(b.lane.lines(), " "), "two") })
		}},
		{"begun and never ended, then rotated", nil, func(b *bench) {
			b.write("a.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.start()
			b.wants("one\n")
			b.remove("a.log")
			b.wants("one\n", "tw\n")
		}},
	})
}

func TestKeepAndFields(t *testing.T) {
	b := newBench(t, "*.log")
	b.options.Keep = func(path string) bool { return !strings.HasSuffix(path, "other.log") }
	b.options.Fields = func(path string) []input.Field { return []input.Field{{Name: "pod", Value: path}} }
	b.write("a.log", "one\n")
	b.write("other.log", "not ours\n")
	b.start()
	b.wants("one\n")
	for _, g := range b.run.source.all() {
		if f := g.Fields(); len(f) != 1 || f[0].Value != b.path("a.log") {
			t.Errorf("%v", f)
		}
	}
}
