package detections

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cronField returns the numbers below limit that a field of a cron expression stands for.
func cronField(t *testing.T, field string, limit int) (list []int) {
	t.Helper()
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("cron field %q: %v", field, err)
		}
		return n
	}
	for _, part := range strings.Split(field, ",") {
		span, step, stepped := strings.Cut(part, "/")
		every := 1
		if stepped {
			every = number(step)
		}
		from, to := 0, limit-1
		if span != "*" {
			first, last, ranged := strings.Cut(span, "-")
			from = number(first)
			if to = from; ranged {
				to = number(last)
			}
		}
		for n := from; n <= to; n += every {
			list = append(list, n)
		}
	}
	return list
}

// gaps returns the minutes between successive runs of a day.
func gaps(t *testing.T, cron string) (list []int) {
	t.Helper()
	fields := strings.Fields(cron)
	if len(fields) != 5 || strings.Join(fields[2:], " ") != "* * *" {
		t.Fatalf("cron %q is not of every day", cron)
	}
	var runs []int
	for _, h := range cronField(t, fields[1], 24) {
		for _, m := range cronField(t, fields[0], 60) {
			runs = append(runs, 60*h+m)
		}
	}
	slices.Sort(runs)
	for i, r := range runs {
		next := runs[0] + 24*60
		if i+1 < len(runs) {
			next = runs[i+1]
		}
		list = append(list, next-r)
	}
	return list
}

// minutes is how long ago a bound such as -70m@m is.
func minutes(t *testing.T, bound string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(bound, "-"), "m@m"))
	if err != nil {
		t.Fatalf("%q: %v", bound, err)
	}
	return n
}

// period reads a period of a throttle; without one, it is none.
func period(t *testing.T, text string) time.Duration {
	t.Helper()
	if text == "" {
		return 0
	}
	days, inDays := strings.CutSuffix(text, "d")
	if inDays {
		text = days + "h"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	if inDays {
		d *= 24
	}
	return d
}

// width returns how many minutes of what was indexed a run looks at; of one that goes by the
// time of events, of events.
func (d Detection) width(t *testing.T) int {
	t.Helper()
	switch d.Window {
	case Window{Earliest: "-24h@m", Latest: "-10m@m"}:
		return 24*60 - 10
	case Window{Earliest: "-70m@m", Latest: "-10m@m"}: // as given
		return 60
	}
	if d.Window.Earliest != "-24h@h" || d.Window.Latest != "+1h@h" {
		t.Errorf("%s: window %s", d.Name, d.Window)
	}
	return minutes(t, d.Window.IndexEarliest) - minutes(t, d.Window.IndexLatest)
}

// runs is how many runs look at an event.
func (d Detection) runs(t *testing.T) int {
	shortest := slices.Min(gaps(t, d.Cron))
	return (d.width(t) + shortest - 1) / shortest
}

// Whatever is indexed falls into the window of a run, also what is late by less than a day.
// Where it falls into those of several runs, so that no sequence is cut, a throttle makes one
// result of what they see.
func TestEveryEventIsJudgedOnce(t *testing.T) {
	for _, d := range All()[1:] { // the first is given, with its schedule
		width, gaps := d.width(t), gaps(t, d.Cron)
		if longest := slices.Max(gaps); longest > width {
			t.Errorf("%s: %d minutes between two runs of %q, a window of %d", d.Name, longest, d.Cron, width)
		}
		seenFor := period(t, d.ThrottleFor)
		if slices.Min(gaps) < width && (len(d.Throttle) == 0 || seenFor < time.Duration(width)*time.Minute) {
			t.Errorf("%s: several runs see an event for %d minutes, and a result counts once for %s", d.Name, width, seenFor)
		}
	}
}

// Not all start in the same minute, and each but the given one may be started a little later.
func TestStartsAreSpread(t *testing.T) {
	starts := make(map[int][]string)
	for _, d := range All() {
		for _, m := range cronField(t, strings.Fields(d.Cron)[0], 60) {
			starts[m] = append(starts[m], d.Name)
		}
		if d.Name != abnormalConnectivity().Name && d.Skew == "" {
			t.Errorf("%s starts at its minute whatever else does", d.Name)
		}
	}
	for m, names := range starts {
		if len(names) > 4 {
			t.Errorf("minute %d: %q", m, names)
		}
	}
}
