package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// runs are secrets known only by the whole of what stands there: a run of
// letters, digits, - _ . and ~.
var runs = []struct {
	name   string
	kind   Kind
	like   *pattern
	source string
}{
	{"ollama.com", Key, whole(`[0-9a-f]{32}\.[\w-]{24}`), "https://docs.ollama.com/api/authentication"},
	{
		"Airtable",
		Token,
		whole(`pat[0-9A-Za-z]{14}\.[0-9a-f]{64}`),
		"https://airtable.com/developers/web/guides/personal-access-tokens",
	},
	{
		"Discord bot",
		Token,
		whole(`[MNO][\w-]{22,28}\.[\w-]{6}\.[\w-]{27,40}`),
		"https://discord.com/developers/docs/reference",
	},
	{
		"Harness",
		Token,
		whole(`[ps]at\.[\w-]{22}\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{20}`),
		"https://developer.harness.io/docs/platform/automation/api/add-and-manage-api-keys/",
	},
	{"ClickHouse Cloud", Key, whole(`4b1d[0-9A-Za-z]{38}`), "https://clickhouse.com/docs/cloud/manage/openapi"},
	{
		"Vault, before 1.10",
		Token,
		whole(`s\.[0-9A-Za-z]{24}`),
		"https://developer.hashicorp.com/vault/docs/concepts/tokens",
	},
	{"JSON web token of another alphabet", Token, whole(`ey[0-9A-Za-z]{17,}\.ey[\w-]{17,}(?:\.[\w-]*)?`), "gitleaks: jwt"},
	{
		"MongoDB Atlas",
		Token,
		whole(`mdb_sa_sk_[\w-]{40}`),
		"https://www.mongodb.com/docs/atlas/api/service-accounts-overview/",
	},
	{"Zhipu and others", Key, whole(`[0-9a-f]{32}\.[0-9A-Za-z]{16}`), "https://docs.z.ai/api-reference/introduction"},
}

// maxRun bounds how long a run may be to be judged by its looks: what is longer
// is a picture or a file.
const maxRun = 512

// random finds a secret that no table knows: a short prefix such as abc_ or
// abc-live- and something long behind it in which letters and digits take turns
// as in no name. i is in such a change.
func (s *scan) random(i int) (h hit, ok bool) {
	b := s.text
	if i < s.run {
		return h, false
	}
	end := i + 1
	for end < len(b) && tokenByte[b[end]] {
		end++
	}
	s.steps += end - i
	s.run = end
	start := s.wordStart(i+1, &tokenByte)
	for end > i && (b[end-1] == '.' || b[end-1] == '-') {
		end--
	}
	if end-start < 22 || end-start > maxRun || !boundary(b, start) {
		return h, false
	}
	run := b[start:end]
	if dot := bytes.IndexByte(run, '.'); dot >= 0 || run[0] == '4' {
		for k := range runs {
			if runs[k].like.get().Match(run) {
				return hit{from: start, to: end, kind: runs[k].kind}, true
			}
		}
	}
	n := prefixLen(run)
	if n == 0 || !unguessable(run[n:]) ||
		start > 0 && (b[start-1] == '/' || b[start-1] == '@' || b[start-1] == ':' && start > 1 && b[start-2] != ' ') {
		return h, false
	}
	return hit{from: start, to: end, kind: Token}, true
}

// prefixLen measures the prefix of a token at the start of a run: one to three
// short words with - or _ behind each; 0 if there is none, or one that digests and
// ids have.
func prefixLen(run []byte) int {
	n := 0
	for range 3 {
		end := n
		for end < len(run) && class(run[end]) != 0 {
			end++
		}
		word := run[n:end]
		if end == len(run) || len(word) == 0 || len(word) > 12 || run[end] != '-' && run[end] != '_' && run[end] != '.' {
			break
		}
		if n == 0 && !text.Lower(word[0]|0x20) {
			return 0
		}
		var lower [12]byte
		for i, c := range word {
			if text.Upper(c) {
				c |= 0x20
			}
			lower[i] = c
		}
		if idWords[string(lower[:len(word)])] {
			return 0
		}
		if len(word) > 3 && jumbled(word) {
			break
		}
		n = end + 1
	}
	return n
}

// idWords stand before digests, ids and names that are no secret.
var idWords = set(
	"sha sha1 sha224 sha256 sha384 sha512 md5 blake2 blake2b blake3 crc crc32 xxh64 digest hash docker containerd cri crio libpod podman pod pods kubepods burstable " +
		"besteffort container image layer blob model ollama runner gpu mig uuid guid id ids req request requestid trace traceid span spanid run task job call toolu tool " +
		"chatcmpl cmpl msg message resp response rs item thread conn connection commit rev revision git build version v go1 node host ip ec2 instance i eni vol volume subnet sg " +
		"snapshot checkpoint ckpt tmp temp cache etag session file batch asst user org proj evt event cus acct pi seti ch in sub price prod models blobs partial adapter lora gguf ggml " +
		"cuda rocm lib libggml libcublas systemd boot machine invocation cursor key kv tensor blk x86 amd64 arm64 linux windows darwin scope slice service",
)

// unguessable reports whether b, the rest of a run behind its prefix, holds a
// stretch of letters and digits that no name and no id has.
func unguessable(b []byte) bool {
	start, sum := 0, 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && class(b[i]) != 0 {
			continue
		}
		part := b[start:i]
		if len(part) >= 16 && unguessablePart(part) {
			return true
		}
		if len(part) >= 7 && allMixed(part) {
			sum += len(part) // - and _ may be of what is random
		}
		start = i + 1
	}
	return sum >= 24
}

// allMixed reports whether small letters, capitals and digits take turns in b.
func allMixed(b []byte) bool {
	var count [4]int
	for _, c := range b {
		count[class(c)]++
	}
	return count[1] > 0 && count[2] > 1 && count[3] > 0 && jumbled(b)
}

func unguessablePart(b []byte) bool {
	var count [4]int
	hex, turns := true, 0
	for i, c := range b {
		count[class(c)]++
		hex = hex && (text.Digit(c) || c >= 'a' && c <= 'f')
		if i > 0 && mixed(b[i-1], c) {
			turns++
		}
	}
	lowers, uppers, digits := count[1], count[2], count[3]
	switch {
	case digits == 0 || turns*5 < len(b):
		return false
	case hex:
		return len(b) >= 32 && lowers >= 4
	case lowers >= 2 && uppers >= 2:
		return len(b) >= 18
	}
	return len(b) >= 24 && lowers+uppers >= 5 && digits >= 4
}
