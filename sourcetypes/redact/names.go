package redact

import (
	"bytes"
	"slices"

	"ollama-hec/sourcetypes/internal/text"
)

// nameRules has the stems of words that make a name one of a secret: they let
// the rule be looked at, and the whole name decides. See nameEnds.
var nameRules = []Rule{
	{
		Name:   "values by their name",
		name:   true,
		Kind:   Secret,
		Source: "events.md, Redaction",
		stems: []string{
			"oke",
			"ecr",
			"pas",
			"pw",
			"key",
			"uth",
			"ede",
			"oki",
			"sig",
			"oli",
			"xac",
			"x-a",
			"x_a",
			"eed",
			"mne",
		},
	},
}

// name is what a name says of the value assigned to it.
type name struct {
	kind   Kind
	header bool // the value of an HTTP header, which is several words
	cookie bool // of which all are secret
	bare   bool // a word of everyday language, without a prefix
	piece  bool // a token of a tokenizer: bos_token, next token
	caps   bool // an environment variable
	looks  bool // is only a secret's if the value looks made up
	plural bool // whose numbers count something
	query  bool // is only a secret's in the query of a URL
	signed bool // is a secret's, whatever it looks like, where a request is signed
}

// words are the words of a name, in small letters.
type words struct {
	buf [maxWord + 64]byte
	end [24]uint8
	n   int
	len int
}

// split reads the words of a name: at _, -, ., a space, and where a capital
// begins one. API, V2 and oauth are one word each.
func (w *words) split(b []byte) {
	started := false
	for i, c := range b {
		if class(c) == 0 {
			started = false
			continue
		}
		if started && text.Upper(c) && (!text.Upper(b[i-1]) || i+1 < len(b) && text.Lower(b[i+1])) {
			started = false
		}
		if w.len == len(w.buf) || !started && w.n == len(w.end) {
			return
		}
		if !started {
			w.n++
			started = true
		}
		if text.Upper(c) {
			c |= 0x20
		}
		w.buf[w.len] = c
		w.len++
		w.end[w.n-1] = uint8(w.len)
	}
}

// last is the word so many before the end; empty if there is none.
func (w *words) last(before int) []byte {
	i := w.n - 1 - before
	if i < 0 {
		return nil
	}
	start := 0
	if i > 0 {
		start = int(w.end[i-1])
	}
	return w.buf[start:w.end[i]]
}

// afterNames are words that stand behind a secret's name and leave it one:
// AUTH_TOKEN_V2, SECRET_KEY_BASE.
var afterNames = set(
	"content contents value base string str b64 base64 hex prod production dev staging test live old new current next primary secondary backup plain plaintext text raw override",
)

// nameOf reports whether words are the name of a secret, and of what.
func nameOf(w *words) (n name, ok bool) {
	skip := 0
	for skip < 3 && (afterNames[string(w.last(skip))] || version(w.last(skip))) {
		skip++
		if string(w.last(skip)) == "file" && afterNames[string(w.last(skip-1))] {
			skip++ // DB_PASSWORD_FILE_CONTENT
		}
	}
	last, before := bytes.TrimRight(w.last(skip), "0123456789"), w.last(skip+1)
	if len(last) == 0 {
		return n, false
	}
	if string(last) == "id" && string(before) == "key" && string(w.last(skip+2)) == "access" {
		return name{kind: Key}, true
	}
	plural := len(last) > 1 && last[len(last)-1] == 's' && last[len(last)-2] != 's'
	for i := range nameEnds {
		end := &nameEnds[i]
		word := last
		if plural && end.plural {
			word = last[:len(last)-1]
		}
		whole := string(word) == end.word
		if !whole && !(end.suffix && len(word) > len(end.word) && string(word[len(word)-len(end.word):]) == end.word) {
			continue
		}
		if whole && !end.alone && len(before) == 0 || end.not[string(before)] ||
			end.only != nil && !end.only[string(before)] {
			continue
		}
		n = end.name
		n.bare = whole && w.n == 1
		n.piece = n.kind == Token && whole && !n.header && (len(before) == 0 || pieces[string(before)])
		n.plural = len(word) < len(last)
		n.looks = n.looks || n.plural && n.kind == Token || skip > 0 && n.kind == Token
		return n, true
	}
	return n, false
}

// nameEnd is a word that the name of a secret ends in.
type nameEnd struct {
	word   string
	alone  bool            // needs no other word before it
	suffix bool            // may be the end of a longer word: PGPASSWORD
	plural bool            // also with an s
	not    map[string]bool // unless one of these words stands before it
	only   map[string]bool // only behind one of these
	name   name
}

var (
	harmlessKeys = set(
		"public pub primary foreign sort cache partition row hot map group num host idempotency routing message registry dictionary dict " +
			"object lookup config meta metadata kv tensor attention sorting unique index composite hash shard range bucket s3 prompt slot any this the a no press arrow " +
			"function first last next prev ssh authorized known json yaml model string int the with of per each missing unknown invalid duplicate on",
	)
	// pieces are what stands before the word token in a tokenizer.
	pieces = set(
		"bos eos eot eom eog unk sep pad cls mask lf nl fim pre suf mid rep next last prev image audio video vision special stop start end begin control " +
			"first cached prompt sampled new max min num n per draft target prefix suffix middle boi eoi think ms id total completion input output generated " +
			"reasoning chat vocab unused added context patch text word sub byte user tool thinking eval decode decoded accepted predicted reserved invalid unexpected " +
			"unknown single each every this the a one current pending seq sequence hit sot eoh soh of",
	)
	passes = set(
		"first second third final render single multi forward backward warmup dry n num by one two both each last next prev graph test the a did will " +
			"to must not optimizer compile bypass high low band all",
	)
	keyWords = set(
		"api access secret private master signing signature encryption encrypt decryption account unseal license licence auth service admin client shared storage " +
			"subscription consumer session deploy deployment app application webhook jwt hmac aes rsa root recovery",
	)
	authWords = set("x basic proxy http npm registry bearer redis smtp npmrc docker")
	seedWords = set("totp otp mfa wallet hotp")
)

// nameEnds are looked through in order.
var nameEnds = []nameEnd{
	{word: "token", alone: true, suffix: true, plural: true, name: name{kind: Token}},
	{word: "secret", alone: true, suffix: true, plural: true, name: name{kind: Secret}},
	{word: "password", alone: true, suffix: true, plural: true, name: name{kind: Password}},
	{word: "passwd", alone: true, suffix: true, plural: true, name: name{kind: Password}},
	{word: "passphrase", alone: true, suffix: true, plural: true, name: name{kind: Password}},
	{word: "passcode", alone: true, suffix: true, name: name{kind: Password, looks: true}},
	{word: "pwd", alone: true, name: name{kind: Password}},
	{word: "pass", not: passes, name: name{kind: Password}},
	{word: "pw", name: name{kind: Password}},
	{word: "apikey", alone: true, suffix: true, plural: true, name: name{kind: Key}},
	{word: "accesskey", alone: true, plural: true, name: name{kind: Key}},
	{word: "secretkey", alone: true, plural: true, name: name{kind: Key}},
	{word: "privatekey", alone: true, plural: true, name: name{kind: Key}},
	{word: "authkey", alone: true, plural: true, name: name{kind: Key}},
	{word: "accountkey", alone: true, plural: true, name: name{kind: Key}},
	{word: "accesskeyid", alone: true, suffix: true, name: name{kind: Key}},
	{word: "key", plural: true, not: harmlessKeys, name: name{kind: Key}},
	{word: "key", alone: true, name: name{kind: Key, query: true, looks: true}},
	{word: "authorization", alone: true, suffix: true, name: name{kind: Token, header: true}},
	{word: "auth", only: authWords, name: name{kind: Token, looks: true}},
	{word: "access", only: set("x"), name: name{kind: Token, looks: true}},
	{word: "credential", only: set("amz goog"), name: name{kind: Key}},
	{word: "credential", alone: true, plural: true, name: name{kind: Key, looks: true, signed: true}},
	{word: "cookie", alone: true, only: set("set"), name: name{kind: Token, header: true, cookie: true}},
	{word: "cookie", alone: true, name: name{kind: Token, header: true, cookie: true}},
	{word: "signature", only: set("amz goog"), name: name{kind: Token}},
	{word: "signature", alone: true, name: name{kind: Token, query: true, signed: true, looks: true}},
	{word: "sig", alone: true, name: name{kind: Token, query: true, looks: true}},
	{word: "policy", alone: true, name: name{kind: Token, query: true, looks: true}},
	{word: "seed", only: seedWords, name: name{kind: Secret, looks: true}},
	{word: "mnemonic", alone: true, name: name{kind: Secret, looks: true}},
}

func set(list string) map[string]bool {
	m := make(map[string]bool)
	for len(list) > 0 {
		i := slices.Index([]byte(list), ' ')
		if i < 0 {
			i = len(list)
		}
		m[list[:i]] = true
		list = list[min(i+1, len(list)):]
	}
	return m
}

// version reports whether a word is a number, or v and one.
func version(word []byte) bool {
	if len(word) > 1 && word[0] == 'v' {
		word = word[1:]
	}
	if len(word) == 0 || len(word) > 3 {
		return false
	}
	return !slices.ContainsFunc(word, func(c byte) bool { return !text.Digit(c) })
}

// caps reports whether b is written in capitals.
func caps(b []byte) bool { return !slices.ContainsFunc(b, text.Lower) }
