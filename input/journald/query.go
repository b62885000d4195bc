package journald

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
)

var (
	errMissing = errors.New(
		"journalctl is not in PATH: it comes with systemd; set JOURNAL_UNIT=off if Ollama logs elsewhere",
	)
	errDenied = errors.New(
		"the journal is not readable by this user: add it to group systemd-journal (usermod -aG systemd-journal USER) or adm and start again",
	)
	errNoMerge = errors.New("journalctl cannot follow merged journals")
)

// final reports whether trying again cannot help against an error.
func final(err error) bool { return errors.Is(err, errMissing) || errors.Is(err, errDenied) }

// Probe reports whether the journal holds anything of the unit, or of a container of that name;
// dir is empty for this machine's journal. The error has a hint.
func Probe(ctx context.Context, unit, dir string) (bool, error) {
	j, err := New(Config{Unit: unit, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return false, err
	}
	return j.holds(ctx, "")
}

// holds reports whether anything the unit wrote is there; with host "", on any.
func (j *Journal) holds(ctx context.Context, host string) (bool, error) {
	cursor, err := j.written(host).first(ctx, "--lines=1")
	return cursor != "", err
}

// prepare finds out what this journalctl can do.
func (j *Journal) prepare(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "journalctl", "--version")
	cmd.Env = environment(os.Environ())
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return errMissing
	}
	if err != nil {
		return fmt.Errorf("journalctl --version: %w", err)
	}
	var version int
	fmt.Sscanf(string(out), "systemd %d", &version)
	j.selects = version >= 236 // when --output-fields came
	return nil
}

// query names the part of the journal that is read.
type query struct {
	where, matches []string
}

// query selects what the unit's processes wrote and, besides, what systemd says of the
// unit and what journald suppressed of it.
func (j *Journal) query(host string) query {
	return j.either(host, append(j.writers(),
		[]string{"UNIT=" + j.unit, "_PID=1"}, []string{"USER_UNIT=" + j.unit, "_COMM=systemd"},
		[]string{"_TRANSPORT=driver", "MESSAGE_ID=" + suppressedID})...)
}

// written selects what the unit's processes wrote.
func (j *Journal) written(host string) query { return j.either(host, j.writers()...) }

// writers returns the matches that select entries by their writer: a unit of the system or of a
// user, or a container of that name whose runtime writes to the journal for it. A unit that runs
// a container is both.
func (j *Journal) writers() [][]string {
	return [][]string{{"_SYSTEMD_UNIT=" + j.unit}, {"_SYSTEMD_USER_UNIT=" + j.unit}, {"CONTAINER_NAME=" + j.name}}
}

// either selects the entries that meet all matches of one of the terms.
func (j *Journal) either(host string, terms ...[]string) query {
	var q query
	var everywhere []string
	// Without --merge, --follow shows one boot only, from systemd 250 on.
	if j.merge.Load() {
		q.where = append(q.where, "--merge")
	} else {
		q.where = append(q.where, "--boot=all")
	}
	if j.Dir != "" {
		q.where = append(q.where, "--directory="+j.Dir)
	} else if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(bytes.TrimSpace(id)) > 0 {
		// merged, other machines' journals on this one would be shown too
		everywhere = append(everywhere, "_MACHINE_ID="+string(bytes.TrimSpace(id)))
	}
	if host != "" {
		everywhere = append(everywhere, "_HOSTNAME="+host)
	}
	for i, term := range terms {
		if i > 0 {
			q.matches = append(q.matches, "+")
		}
		q.matches = append(append(q.matches, term...), everywhere...)
	}
	return q
}

// hosts returns the hosts of which a journal from elsewhere has entries.
func (j *Journal) hosts(ctx context.Context) ([]string, error) {
	q := query{where: []string{"--directory=" + j.Dir}}
	p, err := q.start(ctx, j.Log, "--field=_HOSTNAME")
	if err != nil {
		return nil, err
	}
	out, readErr := io.ReadAll(p.out)
	return strings.Fields(string(out)), errors.Join(readErr, p.wait())
}

// first returns the cursor of the first entry that journalctl shows; "" if it shows none.
func (q query) first(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := q.start(ctx, slog.New(slog.DiscardHandler), append(args, "--output=export")...)
	if err != nil {
		return "", err
	}
	line, _ := bufio.NewReader(p.out).ReadString('\n')
	if cursor, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "__CURSOR="); found {
		cancel()
		_ = p.wait() // we ended it
		return cursor, nil
	}
	return "", p.wait()
}
