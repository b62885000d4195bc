package sourcetypes

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // a machine may have none

	"ollama-hec/input"
)

// TestTimes: the last line of each log, and its time.
func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, log string
		zone      *time.Location
		want      string
	}{
		{"slog, UTC", `time=2026-11-21T19:15:41.541Z level=INFO msg=x`, nil, "1795288541.541"},
		{"slog, east", `time=2026-11-21T19:15:41.541+08:00 level=INFO msg=x`, nil, "1795259741.541"},
		{"slog, west", `time=2025-12-20T09:00:00.000-05:00 level=INFO msg=x`, nil, "1766239200.000"},
		{"slog, no fraction", `time=2026-11-21T19:15:41Z level=INFO msg=x`, nil, "1795288541"},
		{"slog, nanoseconds", `time=2026-11-21T19:15:41.123456789Z level=INFO msg=x`, nil, "1795288541.123456789"},
		{"gin, the zone of the settings", `[GIN] 2026/11/21 - 19:12:19 | 200 | 1s | ::1 | GET "/"`, berlin, "1795284739"},
		{"gin, summer", `[GIN] 2026/07/21 - 19:12:19 | 200 | 1s | ::1 | GET "/"`, berlin, "1784653939"},
		{"gin, the offset seen last", "time=2026-11-21T19:15:41.541+08:00 level=INFO msg=x\n[GIN] 2026/11/21 - 19:15:42 | 200 | 1s | ::1 | GET \"/\"", nil, "1795259742"},
		{"gin, another offset in the same minute", "time=2026-11-21T19:15:41.541+08:00 level=INFO msg=x\n[GIN] 2026/11/21 - 19:15:42 | 200 | 1s | ::1 | GET \"/\"\ntime=2026-11-21T19:15:42.541-01:00 level=INFO msg=x\n[GIN] 2026/11/21 - 19:15:42 | 200 | 1s | ::1 | GET \"/\"", nil, "1795259742"},
		{"the settings win over the offset", "time=2026-11-21T19:15:41.541+08:00 level=INFO msg=x\n[GIN] 2026/11/21 - 19:15:42 | 200 | 1s | ::1 | GET \"/\"", time.UTC, "1795288542"},
		{"go log", `2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434`, time.UTC, "1696599538"},
		{"go log, microseconds", `2023/10/06 13:38:58.250000 routes.go:572: x`, time.UTC, "1696599538.250000"},
		{"go log with a level", `2024/01/24 10:00:00 images.go:857: INFO total blobs: 0`, time.UTC, "1706090400"},
		{"server config of 0.6", `2025/02/10 09:48:03 routes.go:1187: INFO server config env="map[A:b]"`, time.UTC, "1739180883"},
		{"llama.cpp, JSON", `{"timestamp":1701615522,"level":"INFO","function":"main","line":1746,"message":"HTTP server listening"}`, nil, "1701615522"},
		{"llama.cpp, sorted JSON", `{"function":"initialize","level":"INFO","line":444,"msg":"x","tid":"1","timestamp":1710561010}`, nil, "1710561010"},
		{"llama.cpp, glued JSON", `{"level":"INFO","timestamp":1710561010}{"level":"INFO","timestamp":1710561099}`, nil, "1710561010"},
		{"llama.cpp, bars", `INFO [main] HTTP server listening | hostname="127.0.0.1" port="46259" tid="1" timestamp=1727366911`, nil, "1727366911"},
		{"behind dots", `....time=2026-11-21T19:15:41.541Z level=INFO msg=x`, nil, "1795288541.541"},
		{"JSON behind dots", `....{"level":"INFO","timestamp":1710561010}`, nil, "1710561010"},
		{"gin behind dots", `..[GIN] 2026/11/21 - 19:12:19 | 200 | 1s | ::1 | GET "/"`, time.UTC, "1795288339"},
		{"colours", "[GIN] 2026/11/21 - 19:12:19 |\x1b[97;42m 200 \x1b[0m| 1s | ::1 |\x1b[97;44m GET     \x1b[0m \"/\"", time.UTC, "1795288339"},
		{"inherited", "time=2026-11-21T19:15:41.541Z level=INFO msg=x\nprint_info: x", nil, "1795288541.541"},
		{"inherited over another", "time=2026-11-21T19:15:41.541Z level=INFO msg=x\na\nb", nil, "1795288541.541"},
		{"nothing to inherit", "print_info: x", nil, "1798761600.000"},
		{"inherited from what follows", "time=2026-11-21T19:15:41.541Z level=INFO msg=x", nil, "1795288541.541"},
		{"no month", `time=2026-13-21T19:15:41.541Z level=INFO msg=x`, nil, "1798761600.000"},
		{"no day", `2023/02/31 13:38:58 x`, nil, "1798761600.000"},
		{"before 1970", `time=1969-12-31T23:59:59.000Z level=INFO msg=x`, nil, "1798761600.000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := defaults()
			o.Zone = test.zone
			events := normalize(t, o, test.log)
			last := events[len(events)-1]
			if last.Time != test.want {
				t.Errorf("time %s, want %s, of %s", last.Time, test.want, last.Body)
			}
		})
	}
}

func TestTransportTime(t *testing.T) {
	for _, test := range []struct {
		nanos int64
		want  string
	}{
		{1798761600123456789, "1798761600.123456789"},
		{1798761600123456000, "1798761600.123456"},
		{1798761600123000000, "1798761600.123"},
		{1798761600000000000, "1798761600"},
	} {
		events, _ := normalizeRecords(t, defaults(), []input.Record{{Text: []byte("x"), Next: 1, Time: test.nanos}})
		if events[0].Time != test.want {
			t.Errorf("time %s, want %s", events[0].Time, test.want)
		}
	}
	// A stamp of the stream itself is preferred, unless the line came much later.
	const at = 1795288541541000000
	for _, test := range []struct {
		later int64
		want  string
	}{{0, "1795288541.541"}, {1e9, "1795288541.541"}, {-5e9, "1795288541.541"}, {1e9 + 1e6, "1795288542.542"}, {7 * 3600e9, "1795313741.541"}} {
		rs := []input.Record{{Text: []byte(slogLine), Next: 1, Time: at}, {Text: []byte("x"), Next: 2, Time: at + test.later}}
		events, _ := normalizeRecords(t, defaults(), rs)
		if events[1].Time != test.want {
			t.Errorf("%d ns later: time %s, want %s", test.later, events[1].Time, test.want)
		}
	}
}

// FuzzStamps: the stamps are what the time package makes of them.
func FuzzStamps(f *testing.F) {
	for _, seed := range []string{"2026-11-21T19:15:41.541Z", "2026-11-21T19:15:41.541+08:00", "2024-02-29T23:59:59-23:59", "2026-02-30T00:00:00Z", "2026/11/21 - 19:12:19", "2023/10/06 13:38:58.123456"} {
		f.Add(seed, seed, int64(1795288541541000000), int32(3600))
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	var carry input.Carry
	c := clock{zone: berlin, carry: &carry}
	f.Fuzz(func(t *testing.T, a, b string, nanos int64, east int32) {
		if moment := time.Unix(
			0,
			nanos,
		).In(
			time.FixedZone("", int(east)%(23*3600)/60*60),
		); moment.Year() > 1970 &&
			moment.Year() < 2261 {
			a = moment.Format("2006-01-02T15:04:05.000Z07:00")
			at, _, n := c.rfc3339([]byte(a))
			if n != len(a) || at.Nanos != moment.Truncate(time.Millisecond).UnixNano() || at.Digits != 3 {
				t.Errorf("%q: %+v, %d bytes of it", a, at, n)
			}
		}
		for _, s := range []string{a, b, a} { // which leaves something in the caches
			if at, offset, n := c.rfc3339([]byte(s)); n > 0 {
				want, err := time.Parse(time.RFC3339Nano, s[:n])
				if _, east := want.Zone(); err != nil || want.UnixNano() != at.Nanos || int32(east) != offset {
					t.Errorf("%q: %d at %d, want %v, %v", s[:n], at.Nanos, offset, want, err)
				}
			}
			if at, ok := c.gin([]byte(s)); ok {
				want, err := time.ParseInLocation("2006/01/02 - 15:04:05", s[:21], berlin)
				if err != nil || want.UnixNano() != at.Nanos {
					t.Errorf("%q: %d, want %v, %v", s[:21], at.Nanos, want, err)
				}
			}
			if at, n := c.goLog([]byte(s)); n > 0 {
				want, err := time.ParseInLocation("2006/01/02 15:04:05", s[:n], berlin)
				if err != nil || want.UnixNano() != at.Nanos {
					t.Errorf("%q: %d, want %v, %v", s[:n], at.Nanos, want, err)
				}
			}
		}
	})
}

// A line of which no stamp tells the time is of the file's, unless that is ahead of the clock.
func TestTimeOfTheFile(t *testing.T) {
	now := time.Unix(1798761600, 0)
	clock, hour := now.UnixNano(), time.Hour.Nanoseconds()
	const stamped = 1795288541541000000 // slogLine's
	type event struct {
		at     int64
		unsure bool
	}
	line := func(r input.Record) input.Record {
		r.Text = []byte("without a stamp")
		return r
	}
	slogged := input.Record{Text: []byte(slogLine), Written: clock}
	for _, tt := range []struct {
		name  string
		lines []input.Record
		want  []event
	}{
		{"an old file", []input.Record{line(input.Record{Written: clock - hour})}, []event{{clock - hour, true}}},
		{"no file", []input.Record{line(input.Record{})}, []event{{clock, true}}},
		{"a file of tomorrow", []input.Record{line(input.Record{Written: clock + hour})}, []event{{clock, true}}},
		{"the transport knows better", []input.Record{line(input.Record{Time: stamped, Written: clock})},
			[]event{{stamped, false}}},
		{"a stamp follows at once", []input.Record{line(input.Record{Written: clock}), slogged},
			[]event{{stamped, false}, {stamped, false}}},
		{"a stamp came before", []input.Record{slogged, line(input.Record{Written: clock})},
			[]event{{stamped, false}, {stamped, false}}},
	} {
		o := defaults()
		o.Now = func() time.Time { return now }
		var got []event
		n := NewNormalizer(o, 0, input.Carry{}, func(e *Event) { got = append(got, event{e.Time.Nanos, e.Unsure}) })
		n.AddAll(tt.lines, nil)
		n.Flush()
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
