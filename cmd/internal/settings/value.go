package settings

import (
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Windows and small containers have no zones of their own

	"github.com/dustin/go-humanize"

	"ollama-hec/hec"
	"ollama-hec/sourcetypes"
)

// The types below read one value each. Set's error says what it got and what
// it wants.

func want(got, what string) error { return fmt.Errorf("got %q, want %s", got, what) }

// List is comma separated; blanks around items and empty items do not count. The
// commas of a glob such as {this,that} separate nothing.
type List []string

func (l *List) Set(text string) error {
	*l = nil
	start, depth := 0, 0
	for i := range len(text) + 1 {
		switch {
		case i == len(text), text[i] == ',' && depth == 0:
			if item := strings.TrimSpace(text[start:i]); item != "" {
				*l = append(*l, item)
			}
			start = i + 1
		case text[i] == '{':
			depth++
		case text[i] == '}' && depth > 0:
			depth--
		}
	}
	return nil
}

// Secret does not print.
type Secret string

func (s *Secret) Set(text string) error {
	*s = Secret(strings.TrimSpace(text))
	if *s == "" {
		return nil
	}
	return hec.CheckToken(string(*s))
}

func (Secret) String() string   { return "[token]" }
func (Secret) GoString() string { return "[token]" }

// Bytes is a number of bytes: 1048576, 1MiB, 512kB.
type Bytes int

func (b *Bytes) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < 1 || n > 1<<30 {
		return want(text, "a size from 1 byte to 1GiB, such as 1048576 or 1MiB")
	}
	*b = Bytes(n)
	return nil
}

// Count is a whole number above 0.
type Count int

func (c *Count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return want(text, "a whole number above 0")
	}
	*c = Count(n)
	return nil
}

// GzipLevel is how hard batches are compressed: 0 to 9, or AutoLevel.
type GzipLevel int

// AutoLevel lets the pipeline choose the level for each batch.
const AutoLevel GzipLevel = -1

func (g *GzipLevel) Set(text string) error {
	if strings.EqualFold(text, "auto") {
		*g = AutoLevel
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 9 {
		return want(text, "auto, or a level from 1 (fastest) to 9 (smallest), or 0 for no compression")
	}
	*g = GzipLevel(n)
	return nil
}

// Duration is a Go duration.
type Duration time.Duration

func (d *Duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 {
		return want(text, "a duration such as 200ms, 10s or 1m30s")
	}
	*d = Duration(v)
	return nil
}

// Timeout is how long something is waited for, at least a second.
type Timeout time.Duration

func (d *Timeout) Set(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < time.Second {
		return want(text, "a duration of 1s or more")
	}
	*d = Timeout(v)
	return nil
}

// Interval is how often something happens, at most once a second; 0: never.
type Interval time.Duration

func (i *Interval) Set(text string) error {
	*i = 0
	if text == "" {
		return nil
	}
	v, err := time.ParseDuration(text)
	if err != nil || v != 0 && v < time.Second {
		return want(text, "a duration of 1s or more, or 0")
	}
	*i = Interval(v)
	return nil
}

// Flag is true or false.
type Flag bool

func (f *Flag) Set(text string) error {
	v, err := strconv.ParseBool(text)
	if err != nil {
		return want(text, "true or false")
	}
	*f = Flag(v)
	return nil
}

// Pin is the fingerprint of a certificate; zero: none.
type Pin hec.Fingerprint

func (p *Pin) Set(text string) error {
	*p = Pin{}
	if text == "" {
		return nil
	}
	f, err := hec.ParseFingerprint(text)
	*p = Pin(f)
	return err
}

// Switch is on or off.
type Switch bool

func (s *Switch) Set(text string) error {
	return choose(s, text, []string{"off", "on"}, false, true)
}

// Start says where to begin in a file that was never seen before.
type Start uint8

const (
	Beginning Start = iota
	End
)

func (s *Start) Set(text string) error {
	return choose(s, text, []string{"beginning", "end"}, Beginning, End)
}

// AckMode is hec.AckMode.
type AckMode hec.AckMode

func (a *AckMode) Set(text string) error {
	return choose(a, text, []string{"auto", "on", "off"}, AckMode(hec.AckAuto), AckMode(hec.AckOn), AckMode(hec.AckOff))
}

// LogFormat is the form of the program's own log.
type LogFormat uint8

const (
	LogText LogFormat = iota
	LogJSON
)

func (f *LogFormat) Set(text string) error {
	return choose(f, text, []string{"text", "json"}, LogText, LogJSON)
}

// LogLevel is the least level of the program's own log.
type LogLevel slog.Level

func (l *LogLevel) Set(text string) error {
	return choose(l, text, []string{"debug", "info", "warn", "error"},
		LogLevel(slog.LevelDebug), LogLevel(slog.LevelInfo), LogLevel(slog.LevelWarn), LogLevel(slog.LevelError))
}

// Values returns the words that a setting takes, for completion; nil: it takes other values.
func (r Setting) Values() []string {
	field := reflect.New(reflect.TypeFor[Settings]().Field(r.field).Type)
	setter, ok := field.Interface().(interface{ Set(string) error })
	if !ok {
		return nil
	}
	words := oneOf.FindStringSubmatch(fmt.Sprint(setter.Set("\x00")))
	if words == nil {
		return nil
	}
	return regexp.MustCompile(`, | or `).Split(words[1], -1)
}

// oneOf matches the end of the error of a setting that takes one of some words.
var oneOf = regexp.MustCompile(`, want ((?:[a-z]+(?:, | or ))+[a-z]+)$`)

// choose sets to to the value whose name text is. names and values are in the same order.
func choose[T any](to *T, text string, names []string, values ...T) error {
	for i, n := range names {
		if strings.EqualFold(text, n) {
			*to = values[i]
			return nil
		}
	}
	return want(text, strings.Join(names, " or "))
}

// Zone is a time zone; nil where none is set.
type Zone struct{ *time.Location }

var offset = regexp.MustCompile(`^([+-])(\d{2}):?(\d{2})$`)

func (z *Zone) Set(text string) error {
	z.Location = nil
	if text == "" {
		return nil
	}
	if m := offset.FindStringSubmatch(text); m != nil {
		h, _ := strconv.Atoi(m[2])
		min, _ := strconv.Atoi(m[3])
		sec := h*3600 + min*60
		if m[1] == "-" {
			sec = -sec
		}
		z.Location = time.FixedZone(text, sec)
		return nil
	}
	l, err := time.LoadLocation(text)
	if err != nil {
		return want(text, "a time zone such as Europe/Berlin, UTC or +02:00")
	}
	z.Location = l
	return nil
}

// PromptMode is sourcetypes.PromptMode.
type PromptMode sourcetypes.PromptMode

func (p *PromptMode) Set(text string) error {
	v, err := sourcetypes.ParsePromptMode(text)
	*p = PromptMode(v)
	return err
}

// Redact is sourcetypes.Redact.
type Redact sourcetypes.Redact

func (r *Redact) Set(text string) error {
	v, err := sourcetypes.ParseRedact(text)
	*r = Redact(v)
	return err
}

// Classes is sourcetypes.Classes.
type Classes sourcetypes.Classes

func (c *Classes) Set(text string) error {
	v, err := sourcetypes.ParseClasses(text)
	*c = Classes(v)
	return err
}

// Patterns are regular expressions, one a line.
type Patterns []*regexp.Regexp

func (p *Patterns) Set(text string) (err error) {
	if *p, err = sourcetypes.ParsePatterns(text); err != nil {
		return fmt.Errorf("%w; it takes regular expressions in RE2's syntax, one a line", err)
	}
	return nil
}
