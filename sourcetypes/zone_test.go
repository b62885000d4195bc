package sourcetypes

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

func TestRealOffset(t *testing.T) {
	for text, want := range map[string]bool{
		"Z": true, "+05:30": true, "+05:45": true, "-03:30": true, "+14:00": true, "-12:00": true, "+12:45": true, "+00:15": true,
		"+14:15": false, "-12:15": false, "-23:59": false, "+23:59": false, "+05:31": false, "+00:01": false,
	} {
		at, err := time.Parse("Z07:00", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, offset := at.Zone(); realOffset(int32(offset)) != want {
			t.Errorf("%s: %v, want %v", text, !want, want)
		}
	}
}

const (
	zoneZ    = `time=2026-11-21T19:12:10.000Z level=INFO source=x.go:1 msg=x`
	zoneGIN  = `[GIN] 2026/11/21 - 19:12:19 | 200 |   1.5ms |       10.1.2.3 | POST     "/api/delete"`
	zoneBare = `words`
	asZ      = "1795288339" // zoneGIN, in UTC
)

// zoneLine is a stamped line of another zone: of 19:12:at UTC, unless hour says otherwise.
func zoneLine(clock, offset string) string {
	return `time=` + clock + offset + ` level=INFO source=x.go:1 msg=y`
}

// TestZones: after zoneZ come lines, and then an access line and one without a stamp, whose
// times say what the lines were worth.
func TestZones(t *testing.T) {
	east := func(second string) string { return zoneLine("2026-11-22T03:12:"+second+".000", "+08:00") }
	for _, test := range []struct {
		name     string
		lines    []string
		gin, own string // of the access line, and of the last of lines
	}{
		{"none", nil, asZ, "1795288330.000"},
		{"no offset on earth", []string{zoneLine("2026-11-21T19:12:11.000", "-23:59")}, asZ, "1795288330.000"},
		{"half a quarter", []string{zoneLine("2026-11-21T19:12:11.000", "+00:07")}, asZ, "1795288330.000"},
		{"many without an offset on earth", slices.Repeat([]string{zoneLine("2026-11-21T19:12:11.000", "-23:59")}, 9), asZ, "1795288330.000"},
		{"summer time, at once", []string{zoneLine("2026-11-21T20:12:11.000", "+01:00")}, "1795284739", "1795288331.000"},
		{"winter time, at once", []string{zoneLine("2026-11-21T18:12:11.000", "-01:00")}, "1795291939", "1795288331.000"},
		{"another zone, once", []string{east("11")}, asZ, "1795288331.000"},
		{"another zone, twice", []string{east("11"), east("12")}, asZ, "1795288332.000"},
		{"another zone, three times", []string{east("11"), east("12"), east("13")}, "1795259539", "1795288333.000"},
		{"another zone, with the old one between", []string{east("11"), east("12"), zoneZ, east("13"), east("14")}, asZ, "1795288334.000"},
		{"three other zones", []string{east("11"), zoneLine("2026-11-21T12:12:12.000", "-07:00"), zoneLine("2026-11-21T14:12:12.000", "-05:00")}, asZ, "1795288332.000"},
		{"another zone, and another time each", []string{east("11"), zoneLine("2026-01-22T03:12:11.000", "+08:00"), zoneLine("2025-11-22T03:12:11.000", "+08:00")}, asZ, "1763752331.000"},
		{"years ago", []string{zoneLine("1999-11-21T19:12:11.000", "Z")}, asZ, "943211531.000"},
		{"years ahead", []string{zoneLine("2038-11-21T19:12:11.000", "Z")}, asZ, "2173979531.000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := defaults()
			o.Zone, o.APIEvents = nil, false
			all := append([]string{zoneZ}, test.lines...)
			events := normalize(t, o, strings.Join(append(all, zoneBare, zoneGIN), "\n"))
			n := len(events)
			if got := events[n-1].Time; got != test.gin {
				t.Errorf("the access line is of %s, want %s", got, test.gin)
			}
			if got := events[n-3].Time; got != test.own {
				t.Errorf("the last of them is of %s, want %s", got, test.own)
			}
			if len(test.lines) == 1 && test.gin == asZ {
				if got := events[n-2].Time; got != "1795288330.000" {
					t.Errorf("one line that does not fit is inherited: %s", got)
				}
			}
		})
	}
}

// TestZoneCase: both access lines are of the same time.
func TestZoneCase(t *testing.T) {
	o := defaults()
	o.Zone = nil
	var times []string
	for _, e := range normalize(t, o, readFile(t, casesDir+"/security/zone.log")) {
		if e.Sourcetype == API {
			times = append(times, e.Time)
		}
	}
	if !slices.Equal(times, []string{asZ, asZ}) {
		t.Errorf("times %v", times)
	}
}

// TestTransportJudgesStamps: a stamp a day off the time the line came is not inherited.
func TestTransportJudgesStamps(t *testing.T) {
	const at = 1795288330000000000
	rs := []input.Record{
		{
			Text: []byte(zoneZ),
			Next: 1,
			Time: at,
		},
		{Text: []byte(zoneLine("2026-11-24T19:12:10.000", "Z")), Next: 2, Time: at + 1e9},
		{Text: []byte(zoneBare), Next: 3, Time: at + 1e9},
	}
	events, _ := normalizeRecords(t, defaults(), rs)
	if got := events[2].Time; got != "1795288330.000" {
		t.Errorf("inherits %s", got)
	}
}

// TestZonesAcrossRestarts: wherever a run is broken off, the next one says the same.
func TestZonesAcrossRestarts(t *testing.T) {
	log := strings.Join([]string{
		zoneZ,
		zoneBare,
		zoneLine("2026-11-22T03:12:11.000", "+08:00"),
		zoneGIN,
		zoneBare,
		zoneLine("2026-11-22T03:12:12.000", "+08:00"),
		zoneGIN,
		zoneLine(
			"2026-11-22T03:12:13.000",
			"+08:00",
		),
		zoneBare,
		zoneGIN,
		zoneLine("2001-11-22T03:12:13.000", "+08:00"),
		zoneBare,
		zoneLine("2026-11-21T19:12:11.000", "-23:59"),
		zoneGIN,
	}, "\n")
	o := defaults()
	o.Zone = nil
	rs := records([]byte(log))
	whole, _ := normalizeRecords(t, o, rs)
	for cut := range rs {
		var events []kept
		first := NewNormalizer(o, 0, input.Carry{}, keep(&events))
		first.AddAll(rs[:cut], nil)
		at, carry := first.Resume()
		stored, err := json.Marshal(carry)
		if err != nil {
			t.Fatal(err)
		}
		carry = input.Carry{}
		if err := json.Unmarshal(stored, &carry); err != nil {
			t.Fatal(err)
		}
		second := NewNormalizer(o, at, carry, keep(&events))
		for _, r := range rs {
			if r.Next > at {
				second.Add(&r)
			}
		}
		second.Flush()
		if !slices.Equal(events, whole) {
			t.Errorf("broken off behind %d lines:\n%q\nwant\n%q", cut, events, whole)
		}
	}
}

// TestOldCarry: what a checkpoint of an older version carries is read as it was.
func TestOldCarry(t *testing.T) {
	var c input.Carry
	if err := json.Unmarshal(
		[]byte(`{"time":1795288330000000000,"digits":3,"offset":28800,"zoned":true,"trace":true}`),
		&c,
	); err != nil {
		t.Fatal(err)
	}
	if c != (input.Carry{Time: 1795288330000000000, Digits: 3, Offset: 28800, Zoned: true, Trace: true}) {
		t.Errorf("got %+v", c)
	}
}
