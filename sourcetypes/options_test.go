package sourcetypes

import (
	"strings"
	"testing"
)

func TestParseSettings(t *testing.T) {
	for text, want := range map[string]PromptMode{"redacted": Redacted, "full": Full, "off": Off, " OFF ": Off} {
		if got, err := ParsePromptMode(text); err != nil || got != want {
			t.Errorf("prompts %q: %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string][2]bool{"secrets,emails": {true, true}, "emails": {false, true}, "secrets": {true, false}, "off": {false, false}, "Emails, Secrets": {true, true}} {
		if got, err := ParseRedact(text); err != nil || got.Secrets != want[0] || got.Emails != want[1] {
			t.Errorf("redact %q: %+v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]Classes{"": 0, "access": Access, "runner,startup": Runner | Startup, " Access , runner": Access | Runner} {
		if got, err := ParseClasses(text); err != nil || got != want {
			t.Errorf("skip %q: %v, %v, want %v", text, got, err, want)
		}
	}
	if got, err := ParsePatterns("a+\n\n  \nb.c\r\n"); err != nil || len(got) != 2 || got[1].String() != "b.c" {
		t.Errorf("patterns: %v, %v", got, err)
	}
}

// TestParseSettingsRefuses: the message has what it got and what it takes.
func TestParseSettingsRefuses(t *testing.T) {
	parse := map[string]func(string) error{
		"redacted, full or off": func(s string) error { _, err := ParsePromptMode(s); return err },
		"secrets and emails":    func(s string) error { _, err := ParseRedact(s); return err },
		"access, runner":        func(s string) error { _, err := ParseClasses(s); return err },
		"pattern":               func(s string) error { _, err := ParsePatterns(s); return err },
	}
	for want, f := range parse {
		for _, text := range []string{"wrong(", "x*|off("} {
			if err := f(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v, want it to say %q and what it takes: %s", text, err, text, want)
			}
		}
	}
	for _, text := range []string{"", "secrets,", "off,emails"} {
		if got, err := ParseRedact(text); err == nil {
			t.Errorf("redact %q gives %+v", text, got)
		}
	}
	if _, err := ParsePatterns("a*"); err == nil {
		t.Error("a pattern that matches nothing at all is taken")
	}
}
