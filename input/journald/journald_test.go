package journald

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

// live runs a test that needs journals of its own.
func live(t *testing.T, name string, test func(t *testing.T, j *journal)) {
	t.Helper()
	if !haveRemote() {
		t.Logf("%s: not run, it needs journalctl and %s", name, remote)
		return
	}
	t.Run(name, func(t *testing.T) { test(t, newJournal(t)) })
}

func numbered(from, to int) (entries []fieldsOf, texts []string) {
	for i := from; i <= to; i++ {
		text := fmt.Sprintf("line-%d", i)
		entries, texts = append(entries, said(text)), append(texts, text)
	}
	return entries, texts
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestOnce(t *testing.T) {
	live(t, "ships what is there of the unit, from every boot and file", onceShipsWhatIsThereOfTheUnitFromEveryBootAndFile)
	live(t, "goes on where it was committed", onceGoesOnWhereItWasCommitted)
	live(t, "passes over what an earlier run's reply confirms late", oncePassesOverWhatAnEarlierRunsReplyConfirmsLate)
	live(t, "keeps hosts apart", onceKeepsHostsApart)
	live(t, "has nothing to say about an empty directory", onceHasNothingToSayAboutAnEmptyDirectory)
	live(t, "names a directory that is missing", onceNamesADirectoryThatIsMissing)
}

func onceShipsWhatIsThereOfTheUnitFromEveryBootAndFile(t *testing.T, j *journal) {
	j.write(
		t,
		"a",
		said("one"),
		said("a b"),
		fieldsOf{"_SYSTEMD_UNIT", "ssh.service", "_HOSTNAME", "gpu1", "MESSAGE", "other"},
	)
	j.boot = boot2
	j.write(t, "b", said("after the boot"))
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	equal(t, s.once(), []string{"one", "a b", "after the boot"})
	if got, want := s.got[0].time, int64(epoch+1_000_000)*1000; got != want {
		t.Errorf("time %d, want the journal's %d", got, want)
	}
	if got := s.got[0].stream.Source(); got != "journald:ollama" {
		t.Errorf("source %q", got)
	}
}

func onceGoesOnWhereItWasCommitted(t *testing.T, j *journal) {
	entries, texts := numbered(1, 20)
	j.write(t, "a", entries...)
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	equal(t, first.once(), texts)
	first.commit(7)
	second := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	equal(t, second.once(), texts[7:])
	if p, carry := second.got[0].stream.Start(); p != 7 || carry.Time != first.got[6].time {
		t.Errorf("starts at %d with %+v", p, carry)
	}
	second.commit(13)
	j.write(t, "a", said("new"))
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: store}).once(), []string{"new"})
}

func oncePassesOverWhatAnEarlierRunsReplyConfirmsLate(t *testing.T, j *journal) {
	entries, texts := numbered(1, 20)
	j.write(t, "a", entries...)
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	first.once()
	first.commit(5)
	second := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	second.hold = true
	stream := second.source.open("gpu1")
	stream.Commit(12, input.Carry{Digits: 3})
	if p, carry := stream.Start(); p != 12 || carry.Digits != 3 {
		t.Errorf("starts at %d with %+v", p, carry)
	}
	f := follower{stream: stream, ready: second.ready, log: second.source.Log}
	if err := second.source.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.hold = false
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.drain()
	equal(t, second.texts(), texts[12:])
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: store}).once(), texts[12:])
}

func onceKeepsHostsApart(t *testing.T, j *journal) {
	other := said("from elsewhere")
	other[3] = "gpu2"
	j.write(
		t,
		"a",
		said("here"),
		other,
		fieldsOf{"_SYSTEMD_UNIT", "ssh.service", "_HOSTNAME", "web", "MESSAGE", "no ollama"},
	)
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	s.once()
	byHost := map[string]string{}
	for _, r := range s.got {
		byHost[r.stream.Fields()[0].Name+"="+r.stream.Fields()[0].Value+" "+r.host] += r.text
	}
	if len(byHost) != 2 || byHost["journal_host=gpu1 gpu1"] != "here" ||
		byHost["journal_host=gpu2 gpu2"] != "from elsewhere" {
		t.Errorf("got %v", byHost)
	}
}

func onceHasNothingToSayAboutAnEmptyDirectory(t *testing.T, j *journal) {
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}}).once(), nil)
}

func onceNamesADirectoryThatIsMissing(t *testing.T, j *journal) {
	s := newShipper(t, Config{Dir: filepath.Join(j.dir, "none"), Once: true, Store: &memory{}})
	if err := s.source.Run(t.Context(), s.ready); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v", err)
	}
}

func TestMessages(t *testing.T) {
	live(t, "come as they were written", linesComeAsTheyWereWritten)
	live(t, "that journald cut are joined, each connection's apart", linesThatJournaldCutAreJoinedEachConnectionsApart)
	live(t, "that got no end come out when the journal has gone on", linesThatGotNoEndComeOutWhenTheJournalHasGoneOn)
	live(
		t,
		"of a container of that name are its lines, joined where its runtime cut them",
		linesOfAContainerOfThatNameAreItsLinesJoinedWhereItsRuntimeCutThem,
	)
	live(t, "of a unit of a user, and of a unit that runs a container, come once", linesOfAUnitOfAUserAndOfAUnitThatRunsAContainerComeOnce)
	live(t, "of a unit with a journal namespace are read from its directory", linesOfAUnitWithAJournalNamespaceAreReadFromItsDirectory)
	live(t, "of the kernel's auditing are not the unit's", linesOfTheKernelsAuditingAreNotTheUnits)
	live(t, "of the service manager about the unit are told apart, and cannot be forged", linesOfTheServiceManagerAboutTheUnitAreToldApartAndCannotBeForged)
	live(t, "that the rate limit suppressed are counted and said", linesThatTheRateLimitSuppressedAreCountedAndSaid)
}

func linesComeAsTheyWereWritten(t *testing.T, j *journal) {
	long := strings.Repeat("µ0123456789", 12_000) // beyond what is kept while a line comes
	huge := strings.Repeat("x", 3<<20)
	j.write(t, "a",
		said(`time=… msg="a b" path=C:\Users`), said("\x1b[31mred\x1b[0m"), said("bad\xff bytes"), said(""),
		said("emoji 😀 \u2028"), said("two\nlines\n"), said(long), said(huge), said(huge+"\xff"), said("end"))
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	cut, _ := input.Limit([]byte(huge), int64(len(huge)), 1<<20)
	binary, _ := input.Limit([]byte(huge), int64(len(huge)+1), 1<<20)
	equal(t, s.once(), []string{
		`time=… msg="a b" path=C:\Users`, "\x1b[31mred\x1b[0m", "bad\xff bytes", "",
		"emoji 😀 \u2028", "two", "lines", long, string(cut), string(binary), "end"})
	// Resuming between the two lines of one entry would lose the first.
	if s.got[5].next != 5 || s.got[6].next != 6 {
		t.Errorf("the lines of one entry resume at %d and %d, want 5 and 6", s.got[5].next, s.got[6].next)
	}
}

func linesThatJournaldCutAreJoinedEachConnectionsApart(t *testing.T, j *journal) {
	out, err := []string{"_STREAM_ID", "out"}, []string{"_STREAM_ID", "err"}
	part := []string{"_LINE_BREAK", "line-max"}
	j.write(
		t,
		"a",
		said("before"),
		said("one ", append(out, part...)...),
		said("other ", append(err, part...)...),
		said(
			"whole",
			"_STREAM_ID",
			"third",
		),
		said("two ", append(out, part...)...),
		said("three", out...),
		said("end", err...),
		said("after"),
	)
	store := &memory{}
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	equal(t, s.once(), []string{"before", "whole", "one two three", "other end", "after"})
	var nexts []input.Position
	for _, r := range s.got {
		nexts = append(nexts, r.next)
	}
	if want := []input.Position{1, 1, 1, 7, 8}; !slices.Equal(nexts, want) {
		t.Errorf("resume positions %v, want %v: never past a part", nexts, want)
	}
	s.commit(3)
	equal(
		t,
		newShipper(t, Config{Dir: j.dir, Once: true, Store: store}).once(),
		[]string{"whole", "one two three", "other end", "after"},
	)
}

func linesThatGotNoEndComeOutWhenTheJournalHasGoneOn(t *testing.T, j *journal) {
	j.write(t, "a", said("cut", "_LINE_BREAK", "line-max", "_STREAM_ID", "x"))
	store := &memory{}
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	equal(t, s.once(), nil)
	j.at += 60
	j.write(t, "a", said("later", "_STREAM_ID", "y"))
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: store}).once(), []string{"cut", "later"})
}

func linesOfAContainerOfThatNameAreItsLinesJoinedWhereItsRuntimeCutThem(t *testing.T, j *journal) {
	// Podman leaves lines their end, Docker takes it.
	podman := func(priority, text string, more ...string) fieldsOf {
		return append(
			fieldsOf{
				"_SYSTEMD_UNIT",
				"libpod-conmon-0f.scope",
				"_HOSTNAME",
				"gpu1",
				"_TRANSPORT",
				"journal",
				"PRIORITY",
				priority,
				"CONTAINER_NAME",
				"ollama",
				"CONTAINER_ID_FULL",
				"0f",
				"MESSAGE",
				text,
			},
			more...)
	}
	docker := func(name, text string) fieldsOf {
		return fieldsOf{"_SYSTEMD_UNIT", "docker.service", "_HOSTNAME", "gpu1", "_TRANSPORT", "journal", "PRIORITY", "3",
			"CONTAINER_NAME", name, "CONTAINER_ID_FULL", "1f", "MESSAGE", text}
	}
	partial := []string{"CONTAINER_PARTIAL_MESSAGE", "true"}
	j.write(t, "a",
		docker("ollama", "by Docker"), docker("ollama-hec", "not this"), docker("open-webui", "nor this"),
		podman("3", "one ", partial...), podman("6", "between\n"), podman("3", "two ", partial...), podman("3", "three\n"),
		podman("6", "out\n"), podman("6", "\n"))
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	equal(t, s.once(), []string{"by Docker", "between", "one two three", "out", ""})
	var outputs []input.Output
	for _, r := range s.got {
		outputs = append(outputs, r.output)
	}
	if want := []input.Output{
		input.Stderr,
		input.Stdout,
		input.Stderr,
		input.Stdout,
		input.Stdout,
	}; !slices.Equal(
		outputs,
		want,
	) {
		t.Errorf("outputs %v, want %v", outputs, want)
	}
}

func linesOfAUnitOfAUserAndOfAUnitThatRunsAContainerComeOnce(t *testing.T, j *journal) {
	j.write(
		t,
		"a",
		fieldsOf{
			"_SYSTEMD_UNIT",
			"user@1000.service",
			"_SYSTEMD_USER_UNIT",
			"ollama.service",
			"_HOSTNAME",
			"gpu1",
			"MESSAGE",
			"a user's",
		},
		said("the system's", "CONTAINER_NAME", "ollama"),
		fieldsOf{
			"_SYSTEMD_UNIT",
			"user@1000.service",
			"_SYSTEMD_USER_UNIT",
			"other.service",
			"_HOSTNAME",
			"gpu1",
			"MESSAGE",
			"not this",
		},
	)
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}}).once(), []string{"a user's", "the system's"})
}

func linesOfAUnitWithAJournalNamespaceAreReadFromItsDirectory(t *testing.T, j *journal) {
	j.dir = filepath.Join(j.dir, "0123456789abcdef0123456789abcdef.llm")
	if err := os.Mkdir(j.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	j.write(t, "system", said("apart", "_NAMESPACE", "llm"))
	if got, err := Probe(t.Context(), "ollama", j.dir); !got || err != nil {
		t.Errorf("Probe = %v, %v", got, err)
	}
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}}).once(), []string{"apart"})
}

func linesOfTheKernelsAuditingAreNotTheUnits(t *testing.T, j *journal) {
	audit := said("AVC apparmor=DENIED", "_AUDIT_TYPE", "1400")
	audit[5] = "audit"
	j.write(t, "a", said("a"), audit, said("b"))
	equal(t, newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}}).once(), []string{"a", "b"})
}

func linesOfTheServiceManagerAboutTheUnitAreToldApartAndCannotBeForged(t *testing.T, j *journal) {
	manager := func(message string, more ...string) fieldsOf {
		return append(
			fieldsOf{
				"_SYSTEMD_UNIT",
				"init.scope",
				"_HOSTNAME",
				"gpu1",
				"_TRANSPORT",
				"journal",
				"_COMM",
				"systemd",
				"SYSLOG_IDENTIFIER",
				"systemd",
				"MESSAGE",
				message,
			},
			more...)
	}
	j.write(
		t,
		"a",
		manager("Started Ollama Service.", "_PID", "1", "UNIT", "ollama.service"),
		said("a", "_STREAM_ID", "x"),
		manager("Started another.", "_PID", "1", "UNIT", "other.service"),
		manager("ollama.service: Failed with result 'oom-kill'.", "_PID", "1", "UNIT", "ollama.service"),
		manager("ollama.service: forged by another process", "_PID", "77", "UNIT", "ollama.service"),
		said("printed by the unit", "_STREAM_ID", "x", "UNIT", "ollama.service"),
		manager("ollama.service: Main process exited.", "_PID", "900", "USER_UNIT", "ollama.service"),
	)
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	equal(
		t,
		s.once(),
		[]string{
			"Started Ollama Service.",
			"a",
			"ollama.service: Failed with result 'oom-kill'.",
			"printed by the unit",
			"ollama.service: Main process exited.",
		},
	)
	var callers []string
	for _, r := range s.got {
		callers = append(callers, r.caller)
	}
	if want := []string{"systemd", "", "systemd", "", "systemd"}; !slices.Equal(callers, want) {
		t.Errorf("callers %q, want %q", callers, want)
	}
}

func linesThatTheRateLimitSuppressedAreCountedAndSaid(t *testing.T, j *journal) {
	suppressed := func(message string, more ...string) fieldsOf {
		return append(fieldsOf{"_SYSTEMD_UNIT", "systemd-journald.service", "_HOSTNAME", "gpu1", "_TRANSPORT", "driver",
			"MESSAGE_ID", suppressedID, "MESSAGE", message}, more...)
	}
	j.write(t, "a", said("a"),
		suppressed("Suppressed 70 messages from ollama.service", "N_DROPPED", "70", "OBJECT_SYSTEMD_UNIT", "ollama.service"),
		suppressed("Suppressed 7 messages from /system.slice/ollama.service"),
		suppressed("Suppressed 1000 messages from ssh.service", "N_DROPPED", "1000"),
		suppressed("Suppressed 1000 messages from xollama.service"), said("b"))
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	equal(t, s.once(), []string{"a", "b"})
	if got := s.source.Stats().Suppressed; got != 77 {
		t.Errorf("counted %d, want 77", got)
	}
	if log := s.log.String(); !strings.Contains(log, "LogRateLimitIntervalSec=0") ||
		strings.Count(log, "rate limit") != 2 {
		t.Errorf("log:\n%s", log)
	}
}

func TestLostCursor(t *testing.T) {
	// ship reads three lines, commits the second and returns the store.
	ship := func(t *testing.T, j *journal) *memory {
		j.write(t, "old", said("1"), said("2"), said("3"))
		store := &memory{}
		s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
		equal(t, s.once(), []string{"1", "2", "3"})
		s.commit(2)
		return store
	}
	again := func(t *testing.T, j *journal, store *memory, lost int64, want ...string) {
		t.Helper()
		s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
		equal(t, s.once(), want)
		if got := s.source.Stats().Lost; got != lost || strings.Count(s.log.String(), "may be missing") != int(lost) {
			t.Errorf("counted %d losses, want %d; log:\n%s", got, lost, s.log)
		}
	}
	live(t, "vacuumed: goes on with the oldest entry left", func(t *testing.T, j *journal) {
		store := ship(t, j)
		j.write(t, "new", said("4"), said("5"))
		remove(t, j, "old")
		again(t, j, store, 1, "4", "5")
	})
	live(t, "journal replaced while the clock was set back: reads all of it", func(t *testing.T, j *journal) {
		store := ship(t, j)
		remove(t, j, "old")
		j.at = -1000
		j.boot = boot2
		j.write(t, "new", said("4"), said("5"))
		again(t, j, store, 1, "4", "5")
	})
	live(t, "only entries read before are left: repeats none", func(t *testing.T, j *journal) {
		store := ship(t, j)
		s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
		s.once()
		s.commit(1)
		c := store.records[s.got[0].stream.(*stream).id()]
		// a cursor further on in the same sequence, whose entry is not there
		store.records[s.got[0].stream.(*stream).id()] = []byte(
			strings.NewReplacer(";i=3;", ";i=9;", ";t=", ";t=f").Replace(string(c)),
		)
		again(t, j, store, 1)
	})
	live(t, "checkpoint that is no cursor: reads all", func(t *testing.T, j *journal) {
		store := ship(t, j)
		for id := range store.records {
			store.records[id] = []byte(`{"position":2,"cursor":"nonsense"}`)
		}
		again(t, j, store, 1, "1", "2", "3")
	})
	live(t, "nothing lost: says nothing", func(t *testing.T, j *journal) {
		again(t, j, ship(t, j), 0, "3")
	})
}

func remove(t *testing.T, j *journal, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(j.dir, name+".journal")); err != nil {
		t.Fatal(err)
	}
}

func TestFromEnd(t *testing.T) {
	live(t, "a journal never seen", func(t *testing.T, j *journal) {
		j.write(t, "a", said("old"))
		store := &memory{}
		equal(t, newShipper(t, Config{Dir: j.dir, Once: true, FromEnd: true, Store: store}).once(), nil)
		j.write(t, "a", said("new"))
		equal(t, newShipper(t, Config{Dir: j.dir, Once: true, FromEnd: true, Store: store}).once(), []string{"new"})
	})
	live(t, "never when checkpoints were lost", func(t *testing.T, j *journal) {
		j.write(t, "a", said("old"))
		equal(
			t,
			newShipper(t, Config{Dir: j.dir, Once: true, FromEnd: true, Store: &memory{damaged: true}}).once(),
			[]string{"old"},
		)
	})
}

func TestProbe(t *testing.T) {
	live(t, "finds the unit or not", func(t *testing.T, j *journal) {
		j.write(t, "a", said("x"))
		for unit, want := range map[string]bool{"ollama": true, "ollama.service": true, "other": false} {
			if got, err := Probe(t.Context(), unit, j.dir); got != want || err != nil {
				t.Errorf("Probe(%s) = %v, %v", unit, got, err)
			}
		}
	})
	live(t, "is not misled by what the rate limit took from another", func(t *testing.T, j *journal) {
		j.write(t, "a", fieldsOf{"_SYSTEMD_UNIT", "systemd-journald.service", "_HOSTNAME", "gpu1", "_TRANSPORT", "driver",
			"MESSAGE_ID", suppressedID, "MESSAGE", "Suppressed 7 messages from ssh.service"})
		if got, err := Probe(t.Context(), "ollama", j.dir); got || err != nil {
			t.Errorf("Probe = %v, %v", got, err)
		}
	})
	t.Run("says when there is no journalctl", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		if _, err := Probe(
			context.Background(),
			"ollama",
			"",
		); err == nil ||
			!strings.Contains(err.Error(), "JOURNAL_UNIT=off") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses what is no unit", func(t *testing.T) {
		if _, err := Probe(context.Background(), "a b", ""); err == nil || !strings.Contains(err.Error(), `"a b"`) {
			t.Errorf("got %v", err)
		}
	})
}
