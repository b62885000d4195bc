// Package known says what is known of the texts that Ollama, llama.cpp and the
// parts of Go under them write to a log themselves: their messages, and the
// runs of words between the values in them. What is made of these holds nothing
// that a person or a model said.
//
// The lists are facts read from the sources by facts.go, of Ollama 0.1.48 to 0.34
// and llama.cpp of 2026. Reading them takes some milliseconds, once, and only
// where somebody asks.
package known

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed messages.txt
var messagesText string

//go:embed phrases.txt
var phrasesText string

// Message is what is known of a message of Ollama's own log.
type Message struct {
	keys []string // of values that hold no text, but for those known anyway
}

// Has reports whether the value of a key is known to hold no text.
func (m *Message) Has(key []byte) bool {
	for _, k := range m.keys {
		if k == string(key) {
			return true
		}
	}
	return false
}

var messages = sync.OnceValue(func() map[string]*Message {
	all := map[string]*Message{}
	for line := range strings.Lines(messagesText) {
		msg, keys, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		m := new(Message)
		for key := range strings.SplitSeq(keys, " ") {
			m.keys = append(m.keys, strings.ReplaceAll(key, "\u00a0", " "))
		}
		all[msg] = m
	}
	return all
})

// MessageOf returns what is known of a message, nil if it is not one.
func MessageOf(msg []byte) *Message { return messages()[string(msg)] }

// phrases is a trie of words: where a word leads to from a node, and whether a
// phrase ends there.
type phrases struct {
	words map[string]int32
	next  map[edge]int32
	ends  []bool // by node; 0 is the root
}

type edge struct{ node, word int32 }

var all = sync.OnceValue(func() *phrases {
	p := &phrases{words: map[string]int32{}, next: map[edge]int32{}, ends: []bool{false}}
	for line := range strings.Lines(phrasesText) {
		p.add(strings.Fields(line))
	}
	for msg := range messages() {
		for _, word := range strings.Fields(msg) {
			p.word(strings.Trim(word, `()[].,;:!?"'`))
		}
	}
	return p
})

func (p *phrases) word(w string) int32 {
	id, ok := p.words[w]
	if !ok {
		id = int32(len(p.words))
		p.words[w] = id
	}
	return id
}

func (p *phrases) add(words []string) {
	node := int32(0)
	for _, w := range words {
		e := edge{node, p.word(w)}
		to, ok := p.next[e]
		if !ok {
			to = int32(len(p.ends))
			p.ends = append(p.ends, false)
			p.next[e] = to
		}
		node = to
	}
	p.ends[node] = true
}

// Word reports whether a word stands in any message or phrase.
func Word(w []byte) bool {
	_, ok := all().words[string(w)]
	return ok
}

// Phrase is how many words the longest phrase has that word(0), word(1) and so on
// begin; 0 if they begin none. It asks for no more of them than a phrase has,
// which is not many, and word returns nil behind the last.
func Phrase(word func(int) []byte) int {
	p := all()
	node, longest := int32(0), 0
	for i := 0; ; i++ {
		w := word(i)
		if w == nil {
			return longest
		}
		id, ok := p.words[string(w)]
		if !ok {
			return longest
		}
		if node, ok = p.next[edge{node, id}]; !ok {
			return longest
		}
		if p.ends[node] {
			longest = i + 1
		}
	}
}
