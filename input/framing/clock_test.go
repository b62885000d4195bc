package framing

import (
	"testing"
	"time"
)

// Stamps without a year, without a zone and in a language not known become instants.
func TestClock(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC) }
	berlin := time.FixedZone("", 2*3600)
	stamp := func(text string) moment {
		m, n := syslogMoment([]byte(text))
		if n != len(text) {
			t.Fatalf("%q is %d long", text, n)
		}
		return m
	}
	utc := func(text string) int64 {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixNano()
	}
	for _, tt := range []struct {
		name  string
		clock clock
		does  func(c *clock)
		stamp string
		want  string // empty: it cannot be told
	}{
		{"the zone set", clock{set: berlin}, nil, "2026-04-13T08:00:00", "2026-04-13T06:00:00Z"},
		{"its own zone", clock{set: berlin}, nil, "2026-04-13T08:00:00-0330", "2026-04-13T11:30:00Z"},
		{"the zone proved", clock{set: berlin}, func(c *clock) { c.prove(stamp("Apr 13 08:00:01"), utc("2026-04-13T13:30:00.999Z")) },
			"2026-04-13T08:00:00", "2026-04-13T13:30:00Z"},
		{"what was proved first counts", clock{}, func(c *clock) {
			c.prove(stamp("Apr 13 08:00:01"), utc("2026-04-13T06:00:00.999Z"))
			c.prove(stamp("Apr 13 08:00:01"), utc("2026-04-13T13:30:00.999Z"))
		}, "2026-04-13T08:00:00", "2026-04-13T06:00:00Z"},
		{"what does not belong together proves nothing", clock{set: berlin}, func(c *clock) { c.prove(stamp("Apr 13 08:00:01"), utc("2026-04-15T06:00:00Z")) },
			"2026-04-13T08:00:00", "2026-04-13T06:00:00Z"},
		{"this year", clock{set: time.UTC}, nil, "Apr 13 08:00:00", "2026-04-13T08:00:00Z"},
		{"last year", clock{set: time.UTC}, nil, "Dec 31 23:59:59", "2025-12-31T23:59:59Z"},
		{"tomorrow, as clocks differ", clock{set: time.UTC}, nil, "Apr 20 23:00:00", "2026-04-20T23:00:00Z"},
		{"not next month", clock{set: time.UTC}, nil, "May 20 08:00:00", "2025-05-20T08:00:00Z"},
		{"a leap day", clock{set: time.UTC}, func(c *clock) { c.near = utc("2024-03-01T00:00:00Z") }, "Feb 29 08:00:00", "2024-02-29T08:00:00Z"},
		{"the year of the lines before", clock{set: time.UTC}, func(c *clock) { c.near = utc("2023-12-31T23:00:00Z") }, "Jan  1 00:00:01", "2024-01-01T00:00:01Z"},
		{"the year of Ollama's stamp", clock{}, func(c *clock) { c.prove(stamp("Apr 13 08:00:00"), utc("2019-04-13T06:00:00Z")) }, "Apr 13 08:00:05", "2019-04-13T06:00:05Z"},
		{"a month not known", clock{set: time.UTC}, nil, "xyzzy 13 08:00:00", ""},
		{"a month learnt", clock{}, func(c *clock) { c.prove(stamp("xyzzy 13 08:00:00"), utc("2026-04-12T22:00:00Z")) }, "xyzzy 14 08:00:00", "2026-04-13T22:00:00Z"},
		{"no date", clock{set: time.UTC}, nil, "[ 1234.567890]", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.clock
			c.now = now
			if tt.does != nil {
				tt.does(&c)
			}
			want := int64(0)
			if tt.want != "" {
				want = utc(tt.want)
			}
			if got := c.instant(stamp(tt.stamp)); got != want {
				t.Errorf("got %v, want %s", time.Unix(0, got).UTC(), tt.want)
			}
		})
	}
}

// A summer time that the machine keeps is kept for its logs.
func TestClockKeepsSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	local := time.Local
	time.Local = berlin
	t.Cleanup(func() { time.Local = local })
	c := clock{now: time.Now}
	winter, _ := bsdMoment([]byte("Jan 13 08:00:00"))
	c.prove(winter, time.Date(2026, 1, 13, 7, 0, 0, 0, time.UTC).UnixNano())
	summer, _ := bsdMoment([]byte("Jul 13 08:00:00"))
	c.near = time.Date(2026, 7, 13, 0, 0, 0, 0, time.UTC).UnixNano()
	if got := time.Unix(0, c.instant(summer)).UTC(); got.Hour() != 6 {
		t.Errorf("%v", got)
	}
	var again clock
	again.recall(c.keep()[1:])
	if again.proved != time.Local {
		t.Errorf("kept as %q", c.keep())
	}
}

// Months are known by how they are abbreviated in many languages.
func TestMonths(t *testing.T) {
	for month, names := range map[int][]string{
		1:  {"Jan", "jan.", "janv.", "Jän", "gen", "ene.", "янв", "1月", "1월", "Th01", "Thg 1", "sty", "led", "Oca"},
		3:  {"Mar", "mars", "Mär", "März", "mrt", "марта", "3月", "бер"},
		4:  {"Apr", "avril", "abr.", "апр.", "4月", "4월", "kwi", "dub", "Nis", "d’abr."},
		5:  {"May", "mai", "mei", "mag", "мая", "maj"},
		8:  {"Aug", "août", "ago", "авг", "8月", "elo"},
		12: {"Dec", "Dez", "déc.", "dic", "de des.", "12月", "12월", "gru", "pro", "joulu", "Th12"},
	} {
		for _, name := range names {
			if got := monthNumber([]byte(name)); got != month || !monthName([]byte(name)) {
				t.Errorf("%q is month %d, want %d", name, got, month)
			}
		}
	}
	for _, name := range []string{"", "x", "13月", "0월", "a=b", "[Apr", "host:"} {
		if monthName([]byte(name)) && monthNumber([]byte(name)) != 0 {
			t.Errorf("%q is a month", name)
		}
	}
}
