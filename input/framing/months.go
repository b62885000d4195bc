package framing

import (
	"bytes"
	"strings"
)

// monthNames are the beginnings of month names in the languages that a journal is most often
// printed in. A missing one is learnt from the first line that has a stamp of Ollama's own.
var monthNames = [12]string{
	"jan jän gen ene sty led sij oca янв січ ian tam sau",
	"feb fev fév úno lut vel şub фев лют fev hel vas",
	"mar mär mrt maa bře ožu мар бер már kov",
	"apr avr abr kwi dub tra nis апр кві huh bal",
	"may mai mei maj mag svi kvě май мая тра máj geg",
	"jun juin giu cze čer lip haz июн чер jún kes bir",
	"jul juil lug lip čec srp tem июл лип júl hei lie",
	"aug aoû ago sie srp kol ağu авг сер elo rgp",
	"sep set wrz zář ruj eyl сен вер syy rgs",
	"oct okt out ott paź říj lis eki окт жов lok spa",
	"nov lis kas noy ноя лис marr lap",
	"dec dez dic des déc gru pro ara дек гру joulu gru",
}

// monthsByName maps these names to months, without those that mean different months in different
// languages.
var monthsByName = func() map[string]int {
	known := map[string]int{}
	for i, names := range monthNames {
		for name := range strings.FieldsSeq(names) {
			if other, twice := known[name]; twice && other != i+1 {
				known[name] = 0
				continue
			}
			known[name] = i + 1
		}
	}
	// English goes first.
	for i, name := range strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec") {
		known[name] = i + 1
	}
	return known
}()

// monthName reports whether b may name a month: a word or two of letters, and
// digits only where the month is a number with a word, as in 4月 or Thg 4.
func monthName(b []byte) bool {
	if len(b) < 2 || len(b) > 24 {
		return false
	}
	letters, words := 0, 1
	for _, c := range b {
		switch {
		case isLetter(c):
			letters++
		case c == ' ':
			words++
		case !isDigit(c) && c != '.' && c != '\'':
			return false
		}
	}
	return letters > 0 && words <= 3
}

// monthNumber returns the month that name stands for; 0: unknown.
func monthNumber(name []byte) int {
	_, last := cutLast(name)
	if len(last) == 3 { // in English, without allocating
		for i := range 12 {
			const english = "janfebmaraprmayjunjulaugsepoctnovdec"
			if name := last; name[0]|0x20 == english[3*i] && name[1]|0x20 == english[3*i+1] && name[2]|0x20 == english[3*i+2] {
				return i + 1
			}
		}
	}
	var at, count int
	for _, c := range name {
		if isDigit(c) {
			at, count = at*10+int(c-'0'), count+1
		}
	}
	if count > 0 {
		if count <= 2 && at >= 1 && at <= 12 {
			return at
		}
		return 0
	}
	word := strings.ToLower(string(bytes.TrimRight(last, ".")))
	word = strings.TrimPrefix(strings.TrimPrefix(word, "d’"), "d'") // of, in Catalan
	if n, ok := monthsByName[word]; ok {
		return n
	}
	runes := []rune(word)
	for n := min(len(runes)-1, 5); n >= 3; n-- {
		if month := monthsByName[string(runes[:n])]; month > 0 {
			return month
		}
	}
	return 0
}
