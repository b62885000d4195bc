// Package lineartest lets a test find a scanner whose cost grows with the square of its input.
// It compares times of one run with each other and never with a fixed bound, and has them from the
// clock of the thread that works where there is one, which stands still while others have the
// processor: a slow or busy machine changes nothing.
package lineartest

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"time"
)

const (
	// Short is how long the shorter input is, and Grown how many times that the
	// longer one is.
	Short = 4 << 10
	Grown = 8

	tooMuch = 3 * Grown // the square would take Grown times Grown
	rounds  = 60
	shorts  = 3 // of the shorter input in a round: one of them is not disturbed
	tries   = 4 // of so many rounds
	rest    = 100 * time.Millisecond
)

// Fragments are texts that scanners of lines look for. A scanner that starts again at each of
// many takes time that grows with the square of the line.
var Fragments = []string{
	`"`, `'`, `\`, `\"`, `\\`, `\\"`, `\\\"`, `"\`, "`", `=`, `="`, `=\"`, `='`, `:`, `: `, `":`, `\":`, `":"`,
	`\":\"`, `{`, `}`, `[`, `]`, `{"`, `["`, `{\"`, `[{`, `}]`, `(`, `)`, `<`, `>`, `</`,
	`-`, `--`, `a-`, `a--`, `--key `, `--api-key=`, `-u a:`, `-p`, `-----BEGIN `, `-----BEGIN PRIVATE KEY-----`,
	`-----END `, `-----`, `BEGIN RSA PRIVATE KEY`,
	`token=`, `token:`, `"token":`, `\"token\":`, `token="`, `token='`, `token=[`, `token={`, `password `,
	`password: `, `secret=\\`, `api_key=`, `A_KEY:x `, `A_TOKEN=true `, `PASSWORD`, `key`, `_key`, `x_`, `_`,
	`"api_key":"`, `\"api_key\":\"`, `\"k\":\"`, `"prompt":`, `"prompt":[`, `\"prompt\":`, `prompt=`, `prompt: `,
	`content="`, `msg=`, `msg="`, `level=`, `level=TRACE `, `time=`, `x= `, `a=b `, `"a b"=`, `!=`, `:=`, `==`,
	`sk-`, `sk-sk-`, `sk-a`, `ghp_`, `eyJ`, `eyJ.`, `eyJa.eyJb.`, `hf_`, `AKIA`, `xoxb-`, `glpat-`, `Bearer `,
	`Basic `, `Authorization: `, `Authorization: Bearer `, `Cookie: `, `cookie=a; `, `; a=`, `Set-Cookie: `,
	`a@`, `@`, `a@b`, `a@b.`, `a@b.c `, `a@b@`, `é@`, `@b.c`, `.`, `..`, `a.`, `.a`, `%40`, `a%40b`, `http://`,
	`http://u:p@`, `http://u:`, `://`, `//`, `/`, `:a@`, `?`, `?a=`, `&`, `&a=`, `&token=`, `?prompt=`, `;`, `|`,
	` | `,
	`%`, `%2`, `%22`, `%5C`, `%3D`, `%u`, `\u`, `\u0`, `\u0022`, `\u005c`, `\x`, `\x22`, `\n`, `\t`, `\ud800`, `\U`,
	`[REDACTED:`, `[REDACTED:token]`, `[REDACTED:prompt]`, `map[`, `[GIN] `, `"[GIN] `,
	`[GIN] 2026/11/21 - 19:12:19 | 200 | 1s | ::1 | GET "/`,
	`"[GIN] 2026/11/21 - 19:12:19 | 200 | 1s | ::1 | GET "/`,
	`a`, `A`, `0`, `9`, ` `, "\t", "\r", "\x1b[", "\x1b[0", "\x1b[0m", "\x1b]", "\x1b", "\x9b", "é", "\xff", "\xc2",
	"\xe2\x80", "\x00", "ab ", "the ", "failed to ", "no such ", "0x", "::1", "->", "{{", ` +0x`, `(0x`, `.go:1`,
	`error: `, ` bytes dropped]`, `GGML_ASSERT(`, `"timestamp":`, ` timestamp=`,
	`,`, `,"`, `","`, `"},"`, `+`, `*`, `#`, `$`, `!`, `~`, `^`, "\v", "\f", "\u2028", "\ufeff",
	"\n", "\n ", "\n\t", "a\n", "goroutine 1 [running]:\n", "\n\n", "main.f(0x1)\n\t/x.go:1 +0x1\n",
}

// Parts yields the texts to repeat: each fragment, and some of them together, the same ones in
// each run.
func Parts(yield func(string) bool) {
	for _, part := range Fragments {
		if !yield(part) {
			return
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 24 {
		var part string
		for range 2 + random.IntN(3) {
			part += Fragments[random.IntN(len(Fragments))]
		}
		if !yield(part) {
			return
		}
	}
}

// Grows reports whether the time of work grows faster than its input, which is shape with many
// copies of part in place of its %. The shortest times of many rounds count, and of some more
// after a rest if these were too long: a machine is hardly busy, or collecting garbage, in all of
// them, while quadratic work fails in every one.
func Grows(work func(text []byte), shape, part string) bool {
	text := func(size int) []byte {
		return []byte(strings.ReplaceAll(shape, "%", strings.Repeat(part, size/len(part))))
	}
	one, many := text(Short), text(Short*Grown)
	least, most := time.Hour, time.Hour
	for try := range tries {
		if try > 0 {
			runtime.GC()
			time.Sleep(rest)
		}
		for range rounds {
			for range shorts {
				least = min(least, took(work, one))
			}
			most = min(most, took(work, many))
			if most < tooMuch*max(least, 10*time.Microsecond) {
				return false
			}
		}
	}
	return true
}

func took(work func([]byte), text []byte) time.Duration {
	text = append([]byte(nil), text...) // some write over it
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start := worked()
	work(text)
	return worked() - start
}
