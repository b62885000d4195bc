package file

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// criAt is cri so many seconds later.
func criAt(seconds int, output, tag, text string) string {
	at := time.Date(2026, 11, 21, 19, 15, 41, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
	return at.Format(time.RFC3339) + " " + output + " " + tag + " " + text + "\n"
}

// Rotation that comes between the parts of a line does not split it.
func TestLinesInPartsAcrossRotation(t *testing.T) {
	tellAll(t, []story{
		{"of Docker", nil, func(b *bench) {
			b.write("a.log", docker("one\n")+docker("tw"))
			b.start()
			b.wants("one\n")
			b.rename("a.log", "a.log.1")
			b.write("a.log", docker("o\n")+docker("three\n"))
			b.wants("one\n", "two\n", "three\n")
			b.stop()
			b.start()
			b.append("a.log", docker("four\n"))
			b.wants("one\n", "two\n", "three\n", "four\n")
		}},
		{"within the globs", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", docker("one\n")+docker("tw"))
			b.start()
			b.wants("one\n")
			b.rename("a.log", "a.log.1")
			b.write("a.log", docker("o\n"))
			b.wants("one\n", "two\n")
			b.stop()
			b.start()
			b.append("a.log", docker("three\n"))
			b.wants("one\n", "two\n", "three\n")
		}},
		{"of Kubernetes, both outputs, the next file empty for a while", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			b.write("0.log", cri("stdout", "P", "on")+cri("stderr", "P", "tw"))
			b.start()
			b.rest()
			b.rename("0.log", "0.log.20261121-101112")
			b.write("0.log", "")
			b.rest()
			b.append("0.log", cri("stderr", "F", "o")+cri("stderr", "F", "three")+cri("stdout", "F", "e"))
			b.wants("two\n", "three\n", "one\n")
		}},
		{"over more than one rotation, nothing read meanwhile", nil, func(b *bench) {
			b.write("0.log", cri("stdout", "F", "one"))
			b.start()
			b.wants("one\n")
			b.lane.stall(true)
			b.append("0.log", cri("stdout", "P", "t"))
			for n, part := range []string{"w", "o, "} {
				b.rename("0.log", fmt.Sprintf("0.log.2026112%d", n))
				b.write("0.log", cri("stdout", "P", part))
				b.rest()
			}
			b.append("0.log", cri("stdout", "F", "three")+cri("stdout", "F", "four"))
			b.lane.stall(false)
			b.wants("one\n", "two, three\n", "four\n")
			b.eventually("the older ones let go of", func() bool { return b.run.source.Stats().Files == 1 })
		}},
		{"longer than allowed", nil, func(b *bench) {
			b.options.MaxLine = 10
			b.write("0.log", cri("stdout", "P", "0123456"))
			b.start()
			b.rest()
			b.rename("0.log", "0.log.20261121")
			b.write("0.log", cri("stdout", "P", "789abc")+cri("stdout", "F", "def"))
			text, _ := input.Limit([]byte("0123456789abcdef"), 16, 10)
			b.wants(string(text) + "\n")
		}},
		{"the end comes late, in the old file", nil, func(b *bench) {
			b.write("0.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.start()
			b.wants("one\n")
			b.lane.stall(true)
			b.append("0.log", cri("stdout", "F", "o"))
			b.rename("0.log", "0.log.20261121")
			b.write("0.log", cri("stdout", "F", "three"))
			b.rest()
			b.lane.stall(false)
			b.wants("one\n", "two\n", "three\n")
		}},
		{"the end comes late, in the old file that was read to its end", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			b.write("0.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.start()
			b.wants("one\n")
			b.rename("0.log", "0.log.20261121")
			b.write("0.log", "")
			b.rest()
			b.append("0.log.20261121", cri("stdout", "F", "o"))
			b.append("0.log", cri("stdout", "F", "three"))
			b.wants("one\n", "two\n", "three\n")
		}},
		{"the end never comes: the next file begins much later", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			b.write("0.log", criAt(0, "stdout", "P", "begun")+criAt(5, "stderr", "P", "also"))
			b.start()
			b.rest()
			b.rename("0.log", "0.log.20261121")
			b.write(
				"0.log",
				criAt(9, "stderr", "F", " ended")+criAt(11, "stderr", "F", "other")+criAt(12, "stdout", "F", "whole"),
			)
			b.wants("also ended\n", "begun\n", "other\n", "whole\n")
		}},
		{"the next file is not framed", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			b.write("0.log", cri("stdout", "P", "begun"))
			b.start()
			b.rest()
			b.rename("0.log", "0.log.20261121")
			b.write("0.log", "plain\n")
			b.wants("begun\n", "plain\n")
		}},
		{"the next file stays empty", nil, func(b *bench) {
			b.write("0.log", cri("stdout", "P", "begun"))
			b.start()
			b.rest()
			b.rename("0.log", "0.log.20261121")
			b.write("0.log", "")
			b.wants("begun\n")
			b.append("0.log", cri("stdout", "F", "whole"))
			b.wants("begun\n", "whole\n")
		}},
		{"rotated and gzipped while down", nil, func(b *bench) {
			b.write("0.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.start()
			b.wants("one\n")
			b.stop()
			b.rename("0.log", "0.log.20261121-090807")
			b.zip("0.log.20261121-090807")
			b.write("0.log", cri("stdout", "P", "o, ")+cri("stdout", "F", "three"))
			b.start()
			b.wants("one\n", "two, three\n")
		}},
		{"read once and once again", nil, func(b *bench) {
			b.write("0.log", cri("stdout", "F", "one")+cri("stdout", "P", "tw"))
			b.once()
			b.wants("one\n")
			b.rename("0.log", "0.log.20261121-090807")
			b.write("0.log", cri("stdout", "F", "o")+cri("stdout", "F", "three"))
			b.once()
			b.wants("one\n", "two\n", "three\n")
			b.once()
			b.wants("one\n", "two\n", "three\n")
		}},
	})
}

// Neither part of a line that rotation split is done with before the line is.
func TestCrashBeforeALineAcrossRotationIsDelivered(t *testing.T) {
	b := newBench(t)
	b.write("a.log", docker("one\n")+docker("tw"))
	b.start()
	b.wants("one\n")
	b.lane.hold(true)
	b.rename("a.log", "a.log.1")
	b.write("a.log", docker("o\n")+docker("three\n"))
	b.wants("one\n", "two\n", "three\n")
	b.eventually("nothing more expected of the old file", func() bool {
		files := b.run.source.Files()
		return len(files) == 2 && (files[0].State == "ended" || files[1].State == "ended")
	})
	b.stop()
	b.lane.hold(false)
	b.start()
	b.wants("one\n", "two\n", "three\n", "two\n", "three\n")
	b.eventually("the old file let go of", func() bool { return b.run.source.Stats().Files == 1 })
	b.stop()
	b.start()
	b.append("a.log", docker("four\n"))
	b.wants("one\n", "two\n", "three\n", "two\n", "three\n", "four\n")
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
