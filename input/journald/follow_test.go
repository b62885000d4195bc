package journald

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"testing"
	"time"
)

// following runs the shipper's source until the test ends and waits for it.
func (s *shipper) following() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.source.Run(ctx, s.ready) }()
	return func() {
		s.t.Helper()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				s.t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Minute):
			s.t.Fatal("Run did not end with its context")
		}
	}
}

// eventually polls a condition no notification tells of.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Minute)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after ten minutes: not %s", what)
		}
	}
}

func TestFollow(t *testing.T) {
	live(t, "lines as they come, over a rotation and a boot", followLinesAsTheyComeOverARotationAndABoot)
	live(t, "goes on after journalctl was killed", followGoesOnAfterJournalctlWasKilled)
	live(t, "does not read ahead of who reads it", followDoesNotReadAheadOfWhoReadsIt)
	live(t, "ends while nobody reads, and leaves no process", followEndsWhileNobodyReadsAndLeavesNoProcess)
	live(t, "finds a host that appears later", followFindsAHostThatAppearsLater)
	live(t, "from its end a host that was there, from its beginning one that came", followFromItsEndAHostThatWasThereFromItsBeginningOneThatCame)
	live(t, "says what a stall may have cost", followSaysWhatAStallMayHaveCost)
	live(t, "asks after an entry that does not come", followAsksAfterAnEntryThatDoesNotCome)
}

func followLinesAsTheyComeOverARotationAndABoot(t *testing.T, j *journal) {
	j.write(t, "a", said("1"))
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	defer s.following()()
	s.until(1)
	j.write(t, "a", said("2"))
	s.until(2)
	j.boot = boot2
	j.write(t, "b", said("3"))
	s.until(3)
	j.write(t, "b", said("4"))
	equal(t, s.until(4), []string{"1", "2", "3", "4"})
}

func followGoesOnAfterJournalctlWasKilled(t *testing.T, j *journal) {
	entries, texts := numbered(1, 500)
	j.write(t, "a", entries...)
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	defer s.following()()
	s.until(500)
	for i := range 3 {
		kill(t)
		more, moreTexts := numbered(501+i, 501+i)
		j.write(t, "a", more...)
		texts = append(texts, moreTexts...)
		s.until(len(texts))
	}
	equal(t, s.texts(), texts)
	if got := s.source.Stats().Restarts; got != 3 || strings.Count(s.log.String(), "starting it again") == 0 {
		t.Errorf("counted %d restarts; log:\n%s", got, s.log)
	}
}

func followDoesNotReadAheadOfWhoReadsIt(t *testing.T, j *journal) {
	const n = 3000
	entries, texts := numbered(1, n)
	for i := range entries {
		entries[i] = said(texts[i] + strings.Repeat("x", 2000))
	}
	j.write(t, "a", entries...)
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	s.hold = true
	stop := s.following()
	var held *stream
	eventually(t, "a stream to read", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for waiting := range s.waiting {
			held = waiting.(*stream)
		}
		return held != nil
	})
	size := func() int {
		held.mu.Lock()
		defer held.mu.Unlock()
		return len(held.pending)
	}
	eventually(t, "full", func() bool { return size() > readSize-128<<10 })
	eventually(t, "asleep with a full pipe", func() bool { return state(t, child(t)) == "S" })
	if got := size(); got > readSize {
		t.Errorf("%d bytes wait, want at most %d", got, readSize)
	}
	s.mu.Lock()
	s.hold = false
	s.mu.Unlock()
	if got := s.until(n); !strings.HasPrefix(got[n-1], texts[n-1]) {
		t.Errorf("the last line is %q", got[n-1][:20])
	}
	stop()
}

func followEndsWhileNobodyReadsAndLeavesNoProcess(t *testing.T, j *journal) {
	entries, _ := numbered(1, 1)
	for range 12 {
		entries = append(entries, entries...)
	}
	j.write(t, "a", entries...)
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	s.hold = true
	stop := s.following()
	eventually(t, "started", func() bool { return child(t) != 0 })
	stop()
	if pid := child(t); pid != 0 {
		t.Errorf("process %d is left, state %s", pid, state(t, pid))
	}
}

func followFindsAHostThatAppearsLater(t *testing.T, j *journal) {
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	defer s.following()()
	j.write(t, "a", said("1"))
	equal(t, s.until(1), []string{"1"})
}

func followFromItsEndAHostThatWasThereFromItsBeginningOneThatCame(t *testing.T, j *journal) {
	j.write(t, "a", said("old"))
	store := &memory{}
	s := newShipper(t, Config{Dir: j.dir, FromEnd: true, Store: store})
	defer s.following()()
	eventually(t, "anchored at the end", func() bool { return len(store.Records("")) == 1 })
	other := said("2")
	other[3] = "gpu2"
	j.write(t, "a", other)
	j.write(t, "a", said("1"))
	got := s.until(2)
	slices.Sort(got)
	equal(t, got, []string{"1", "2"})
}

func followSaysWhatAStallMayHaveCost(t *testing.T, j *journal) {
	j.write(t, "a", said("1"))
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: &memory{}})
	first.once()
	f := follower{stream: first.got[0].stream.(*stream), log: first.source.Log}
	cursor, err := first.source.query("gpu1").first(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.cursor = []byte(cursor)
	f.checkStall(t.Context())
	if strings.Contains(first.log.String(), "stalled") {
		t.Errorf("the entry is there:\n%s", first.log)
	}
	remove(t, j, "a")
	j.write(t, "b", said("2"))
	f.checkStall(t.Context())
	if !strings.Contains(first.log.String(), "stalled") || first.source.Stats().Lost != 1 {
		t.Errorf("the entry is gone:\n%s", first.log)
	}
}

func followAsksAfterAnEntryThatDoesNotCome(t *testing.T, j *journal) {
	j.write(t, "a", said("1"))
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	first.once()
	first.commit(1)
	remove(t, j, "a")
	j.at, j.boot = -1000, boot2
	j.write(t, "b", said("2"))
	s := newShipper(t, Config{Dir: j.dir, Store: store})
	defer s.following()()
	equal(t, s.until(1), []string{"2"})
	if got := s.source.Stats().Lost; got != 1 {
		t.Errorf("counted %d losses", got)
	}
}

// TestNoOrphan kills a process that follows a journal as kill -9 does.
func TestNoOrphan(t *testing.T) {
	if dir := os.Getenv("JOURNALD_TEST_FOLLOW"); dir != "" {
		newShipper(t, Config{Dir: dir, Store: &memory{}}).source.Run(context.Background(), newShipper(t, Config{}).ready)
		return
	}
	if runtime.GOOS != "linux" {
		return // only there can the kernel be asked for it
	}
	live(t, "journalctl ends with a process that was killed", func(t *testing.T, j *journal) {
		j.write(t, "a", said("1"))
		cmd := exec.Command(os.Args[0], "-test.run=^TestNoOrphan$")
		cmd.Env = append(os.Environ(), "JOURNALD_TEST_FOLLOW="+j.dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var orphan int
		eventually(t, "following", func() bool {
			for _, pid := range children(t, cmd.Process.Pid) {
				if commandLine(pid, "--follow") {
					orphan = pid
				}
			}
			return orphan != 0
		})
		cmd.Process.Kill()
		cmd.Wait()
		eventually(t, "gone", func() bool { s := state(t, orphan); return s == "" || s == "Z" })
	})
}

// child is the process of ours that follows, 0 if there is none.
func child(t testing.TB) int {
	t.Helper()
	for _, pid := range children(t, os.Getpid()) {
		if commandLine(pid, "--follow") {
			return pid
		}
	}
	return 0
}

func commandLine(pid int, word string) bool {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.Contains(string(raw), word)
}

// state is a process's state letter, "" if it is gone.
func state(t testing.TB, pid int) string {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))[0]
}

func kill(t testing.TB) {
	t.Helper()
	var pid int
	eventually(t, "running", func() bool { pid = child(t); return pid != 0 })
	process, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ended", func() bool { s := state(t, pid); return s == "" })
}

// fake puts a script in the place of journalctl, for failures a real one
// cannot be brought to here.
func fake(t *testing.T, script string) {
	t.Helper()
	fakeVersion(t, 252, script)
}

func fakeVersion(t *testing.T, version int, script string) {
	t.Helper()
	dir := t.TempDir()
	script = fmt.Sprintf(
		"#!/bin/sh\n%s\ncase \"$*\" in *--version*) echo \"systemd %d (%[2]d)\"; exit;; esac\n%s",
		recordEnvironment,
		version,
		script,
	)
	if err := os.WriteFile(filepath.Join(dir, "journalctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// recordEnvironment notes the variables beside the script.
const recordEnvironment = `env >>"$(dirname "$0")/environment"`

func TestJournalctlGetsNoToken(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no journal, no shell
	}
	for name, value := range map[string]string{
		"OLLAMA_HEC_TOKEN": "secret-1", "OLLAMA_HEC_SPLUNKD_TOKEN": "secret-2", "HTTPS_PROXY": "http://u:secret-3@p", "ANYTHING": "secret-4",
		"SYSTEMD_PAGER": "kept",
	} {
		t.Setenv(name, value)
	}
	fake(t, `echo '`+oneEntry+`'`)
	s := newShipper(t, Config{Once: true, Store: &memory{}})
	equal(t, s.once(), []string{"hello"})
	if _, err := Probe(t.Context(), "ollama", ""); err != nil {
		t.Fatal(err)
	}
	path, _, _ := strings.Cut(os.Getenv("PATH"), ":")
	got, err := os.ReadFile(filepath.Join(path, "environment"))
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"secret-", "OLLAMA_HEC", "HTTPS_PROXY"} {
		if strings.Contains(string(got), variable) {
			t.Errorf("%s is in its environment:\n%s", variable, got)
		}
	}
	if calls := strings.Count(
		string(got),
		"\nPATH=",
	) + strings.Count(
		string(got[:5]),
		"PATH=",
	); calls < 3 ||
		strings.Count(string(got), "SYSTEMD_PAGER=kept") != calls {
		t.Errorf("%d calls had what journalctl needs:\n%s", calls, got)
	}
}

const oneEntry = `{"MESSAGE":"hello","__CURSOR":"s=1;i=1;b=1;m=1;t=1;x=1","__REALTIME_TIMESTAMP":"1700000000001000"}`

func TestJournalctlThatFails(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no journal, no shell
	}
	for name, says := range map[string]string{
		"nothing readable":                       "No journal files were opened due to insufficient permissions.",
		"the user's own journal is all there is": "Hint: You are currently not seeing messages from other users and the system.",
	} {
		t.Run(name, func(t *testing.T) {
			fake(t, "echo '"+says+"' >&2; exec sleep 60") // it goes on running
			s := newShipper(t, Config{Store: &memory{}})
			if err := s.source.Run(t.Context(), s.ready); err == nil || !strings.Contains(err.Error(), "systemd-journal") {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("that cannot follow merged journals is asked for all boots", failingThatCannotFollowMergedJournalsIsAskedForAllBoots)
	t.Run("too old to select fields is not asked to", failingTooOldToSelectFieldsIsNotAskedTo)
	t.Run("that ends again and again is said once, and tried on", failingThatEndsAgainAndAgainIsSaidOnceAndTriedOn)
	t.Run("that fails while reading once fails the run", failingThatFailsWhileReadingOnceFailsTheRun)
	t.Run("that dies within a line repeats and loses nothing", failingThatDiesWithinALineRepeatsAndLosesNothing)
}

func failingThatCannotFollowMergedJournalsIsAskedForAllBoots(t *testing.T) {
	fake(t, `case "$*" in *--merge*) echo 'Using --boot or --list-boots with --merge is not supported.' >&2; exit 1;;
*--follow*--boot=all*) echo '`+oneEntry+`'; exec sleep 60;; esac; echo "$@" >&2; exit 1`)
	s := newShipper(t, Config{Store: &memory{}})
	defer s.following()()
	equal(t, s.until(1), []string{"hello"})
}

func failingTooOldToSelectFieldsIsNotAskedTo(t *testing.T) {
	fakeVersion(
		t,
		219,
		`case "$*" in *--output-fields*) echo "unrecognized option '--output-fields'" >&2; exit 1;; esac; echo '`+oneEntry+`'`,
	)
	s := newShipper(t, Config{Once: true, Store: &memory{}})
	equal(t, s.once(), []string{"hello"})
}

func failingThatEndsAgainAndAgainIsSaidOnceAndTriedOn(t *testing.T) {
	fake(t, `echo 'out of memory' >&2; exit 1`)
	s := newShipper(t, Config{Store: &memory{}})
	stop := s.following()
	eventually(t, "tried three times", func() bool { return s.source.Stats().Restarts >= 3 })
	stop()
	if got := strings.Count(s.log.String(), "starting it again"); got != 1 {
		t.Errorf("said %d times:\n%s", got, s.log)
	}
}

func failingThatFailsWhileReadingOnceFailsTheRun(t *testing.T) {
	fake(t, `echo '`+oneEntry+`'; echo 'Failed to iterate through journal: Bad message' >&2; exit 1`)
	s := newShipper(t, Config{Once: true, Store: &memory{}})
	if err := s.source.Run(t.Context(), s.ready); err == nil || !strings.Contains(err.Error(), "Bad message") {
		t.Errorf("got %v", err)
	}
}

func failingThatDiesWithinALineRepeatsAndLosesNothing(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "died")
	second := strings.NewReplacer("hello", "second", "i=1", "i=2", "x=1", "x=2").Replace(oneEntry)
	fake(
		t,
		`if test -e `+mark+`; then case "$*" in *--cursor=s=1\;i=1\;*) echo '`+oneEntry+`';; esac; echo '`+second+`'; exec sleep 60; fi
: > `+mark+`; echo '`+oneEntry+`'; printf %s '`+second[:40]+`'; exit 1`,
	)
	s := newShipper(t, Config{Store: &memory{}})
	defer s.following()()
	equal(t, s.until(2), []string{"hello", "second"})
	if got := s.source.Stats().Lost; got != 0 {
		t.Errorf("counted %d losses; log:\n%s", got, s.log)
	}
}
