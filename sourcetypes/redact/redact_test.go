package redact

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func redacted(set Set, b string) string {
	var hits [Kinds]int64
	return string((&Redactor{Set: set, Hits: &hits}).Apply([]byte(b), 0))
}

func TestRedact(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		// Tokens by their looks.
		{"openai", `key is sk-proj-abcDEF1234567890_x-y, ok`, `key is [REDACTED:token], ok`},
		{"openai in the corpus", `sk-test-1234567890abcdef`, `[REDACTED:token]`},
		{"hugging face", `Get "https://x/y?a=1" hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678`, `Get "https://x/y?a=1" [REDACTED:token]`},
		{"github", `ghp_16C7e42F292c6912E7710c838347Ae178B4a gho_16C7e42F292c6912E7710c838347Ae178B4a`, `[REDACTED:token] [REDACTED:token]`},
		{"github, fine grained", `github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789`, `[REDACTED:token]`},
		{"aws", `id AKIAIOSFODNN7EXAMPLE.`, `id [REDACTED:key].`},
		{"slack", `xoxb-123456789012-abcdefABCDEF`, `[REDACTED:token]`},
		{"google", `AIzaSyA1234567890abcdefghijklmnopqrstuv`, `[REDACTED:key]`},
		{"web token", `t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U.`, `t [REDACTED:token].`},
		{"bearer", `Authorization: Bearer abc.def-123`, `Authorization: Bearer [REDACTED:token]`},
		{"bearer alone", `sent Bearer 9f8e7d6c5b4a to it`, `sent Bearer [REDACTED:token] to it`},
		{"hec", `Authorization: Splunk 12345678-1234-1234-1234-123456789abc`, `Authorization: Splunk [REDACTED:token]`},
		{"hec alone", `with "Splunk 12345678-1234-1234-1234-123456789ABC"`, `with "Splunk [REDACTED:token]"`},
		{"behind an escape", `prompt="a\nsk-1234567890abcdef\tb"`, `prompt="a\n[REDACTED:token]\tb"`},
		{"inside a word", `task-1234567890abcdefghij risk-12345678901234`, `task-1234567890abcdefghij risk-12345678901234`},
		{"a word", `sk-learn-is-a-library`, `sk-learn-is-a-library`},
		{"the bearer of a ring", `the bearer carries the ring`, `the bearer carries the ring`},

		// Assignments.
		{"environment", `OLLAMA_API_KEY=abc123 PATH=/bin`, `OLLAMA_API_KEY=[REDACTED:key] PATH=/bin`},
		{"short", `DB_PASSWORD=x`, `DB_PASSWORD=[REDACTED:password]`},
		{"number", `DB_PASSWORD=123456 AUTH_TOKEN=42`, `DB_PASSWORD=[REDACTED:password] AUTH_TOKEN=[REDACTED:token]`},
		{"quoted", `MY_SECRET="two words" next=1`, `MY_SECRET="[REDACTED:secret]" next=1`},
		{"quoted with a quote", `MY_SECRET="a\"b c" next=1`, `MY_SECRET="[REDACTED:secret]" next=1`},
		{"empty", `HF_TOKEN= PATH=/bin A_KEY="" B=1`, `HF_TOKEN= PATH=/bin A_KEY="" B=1`},
		{"json", `{"api_key":"abc","n":1,"password":"p\"q","x":2}`, `{"api_key":"[REDACTED:key]","n":1,"password":"[REDACTED:password]","x":2}`},
		{"json with spaces", `{"client_secret" : "abc"}`, `{"client_secret" : "[REDACTED:secret]"}`},
		{"json number", `{"password":12345,"a":1}`, `{"password":"[REDACTED:password]","a":1}`},
		{"json null", `{"password":null,"token":false}`, `{"password":null,"token":false}`},
		{"json list", `{"secret":["a","b"],"c":1}`, `{"secret":"[REDACTED:secret]","c":1}`},
		{"json in slog", `msg="got {\"apiKey\":\"a\\\"b c\",\"n\":1}" x=1`, `msg="got {\"apiKey\":\"[REDACTED:key]\",\"n\":1}" x=1`},
		{"json number in slog", `msg="{\"password\":12345}"`, `msg="{\"password\":\"[REDACTED:password]\"}"`},
		{"json in json in slog", `m="{\"b\":\"{\\\"token\\\":\\\"s3cr3t\\\"}\"}"`, `m="{\"b\":\"{\\\"token\\\":\\\"[REDACTED:token]\\\"}\"}"`},
		{"yaml", `password: hunter2`, `password: [REDACTED:password]`},
		{"go struct", `{User:root Password:hunter2 N:1}`, `{User:root Password:[REDACTED:password] N:1}`},
		{"go struct, last", `{User:root Password:hunter2}`, `{User:root Password:[REDACTED:password]}`},
		{"query", `Get "https://h/p?api_key=abc&x=1&token=t0k"`, `Get "https://h/p?api_key=[REDACTED:key]&x=1&token=[REDACTED:token]"`},
		{"header dump", `map[Authorization:[Bearer abcdef12] X-Api-Key:[k1] Accept:[*/*]]`, `map[Authorization:[Bearer [REDACTED:token]] X-Api-Key:[[REDACTED:key]] Accept:[*/*]]`},
		{"basic", `Authorization: Basic dXNlcjpwYXNz`, `Authorization: Basic [REDACTED:token]`},
		{"masked by gin", `Authorization: *`, `Authorization: *`},
		{"flag", `cmd="curl --api-key abc --password=p1 --port 80"`, `cmd="curl --api-key [REDACTED:key] --password=[REDACTED:password] --port 80"`},
		{"two words", `my API key: Zx81kqPP`, `my API key: [REDACTED:key]`},
		{"in quotes, escaped newline", `prompt="password=abc\nnext line"`, `prompt="password=[REDACTED:password]\nnext line"`},
		{"in quotes, escaped quote", `prompt="say \"password=abc\" now"`, `prompt="say \"password=[REDACTED:password]\" now"`},
		{"in quotes, a backslash", `prompt="password=a\\b now"`, `prompt="password=[REDACTED:password] now"`},
		{"without quotes, a backslash", `password=a\nb next`, `password=[REDACTED:password] next`},
		{"presigned", `"https://r2/o?X-Amz-Credential=AB%2F1&X-Amz-Signature=0a1b&x=1"`, `"https://r2/o?X-Amz-Credential=[REDACTED:key]&X-Amz-Signature=[REDACTED:token]&x=1"`},
		{"server config", `env="map[HF_TOKEN:abc def HTTPS_PROXY: MY_KEY:k OLLAMA_DEBUG:INFO A_SECRET:last one]"`,
			`env="map[HF_TOKEN:[REDACTED:token] HTTPS_PROXY: MY_KEY:[REDACTED:key] OLLAMA_DEBUG:INFO A_SECRET:[REDACTED:secret]]"`},
		{"server config, empty", `env="map[HF_TOKEN: OLLAMA_HOST:http://127.0.0.1:11434 X_KEY:]"`, `env="map[HF_TOKEN: OLLAMA_HOST:http://127.0.0.1:11434 X_KEY:]"`},
		{"environment list", `environment="[A_TOKEN=a b PATH=/bin B_KEY=z]"`, `environment="[A_TOKEN=[REDACTED:token] PATH=/bin B_KEY=[REDACTED:key]]"`},
		{"directories", `PWD=/root OLDPWD=/tmp TOKEN_FILE=/run/t`, `PWD=/root OLDPWD=/tmp TOKEN_FILE=/run/t`},

		// Behind a tab, a quote, an escape.
		{"bearer, tab", "Bearer\tTK1abcdefgh x", "Bearer\t[REDACTED:token] x"},
		{"bearer, escaped tab", `msg="Bearer\tTK1abcdefgh x"`, `msg="Bearer\t[REDACTED:token] x"`},
		{"bearer, escaped newline twice", `msg="{\"a\":\"Bearer\\nTK1abcdefgh\"}"`, `msg="{\"a\":\"Bearer\\n[REDACTED:token]\"}"`},
		{"bearer, newline", "Bearer\nTK1abcdefgh", "Bearer\n[REDACTED:token]"},
		{"bearer, quote", `Bearer "TK1abcdefgh" x`, `Bearer "[REDACTED:token]" x`},
		{"bearer, escaped quote", `msg="Bearer \"TK1abcdefgh\" x"`, `msg="Bearer \"[REDACTED:token]\" x"`},
		{"bearer, apostrophe", `Bearer 'TK1abcdefgh' x`, `Bearer '[REDACTED:token]' x`},
		{"bearer, colon", `bearer: TK1abcdefgh`, `bearer: [REDACTED:token]`},
		{"bearer, JSON", `{"bearer":"TK1abcdefgh"}`, `{"bearer":"[REDACTED:token]"}`},
		{"bearer ends a value", `msg="no Bearer" a1234=b c="d"`, `msg="no Bearer" a1234=b c="d"`},
		{"header, tabs", "Authorization:\tBearer\tTK2", "Authorization:\tBearer\t[REDACTED:token]"},
		{"header, escaped tabs", `msg="Authorization:\tBearer\tTK2 x"`, `msg="Authorization:\tBearer\t[REDACTED:token] x"`},
		{"header, quoted", `Authorization: Bearer "TK5abcdefgh" x`, `Authorization: Bearer "[REDACTED:token]" x`},
		{"header, short and quoted", `msg="Authorization: Basic \"TK5\" x"`, `msg="Authorization: Basic \"[REDACTED:token]\" x"`},
		{"header ends a value", `msg="Authorization: Bearer " a=b`, `msg="Authorization: Bearer " a=b`},
		{"digest", `Authorization: Digest username="TK8", response="TK9" x`, `Authorization: Digest [REDACTED:token] x`},
		{"digest, escaped", `msg="Authorization: Digest username=\"TK8\",\tresponse=\"TK9\", qop=auth" x=1`, `msg="Authorization: Digest [REDACTED:token]" x=1`},
		{"aws", `Authorization: AWS4-HMAC-SHA256 Credential=TK10/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range, Signature=TK11 x`, `Authorization: AWS4-HMAC-SHA256 [REDACTED:token] x`},
		{"aws without its header", `AWS4-HMAC-SHA256 Credential=TK10/2013, SignedHeaders=host, Signature=TK11`, `AWS4-HMAC-SHA256 Credential=[REDACTED:key], SignedHeaders=host, Signature=[REDACTED:token]`},
		{"another signature", `signature=fp16 Credential=none`, `signature=fp16 Credential=none`},
		{"a scheme of one's own", `Authorization: Custom TK12abcd x`, `Authorization: [REDACTED:token] x`},
		{"percent-encoded header", `/x?h=Authorization%3A%20Bearer%20TK7abcdefgh&y=1`, `/x?h=Authorization%3A%20[REDACTED:token]&y=1`},
		{"percent-encoded bearer", `/x?h=a%20Bearer%20TK7abcdefgh&y=1`, `/x?h=a%20Bearer%20[REDACTED:token]&y=1`},
		{"percent-encoded assignment", `/x?q=password%3DTK7%26x%3D1&y=1`, `/x?q=password%3D[REDACTED:password]%26x%3D1&y=1`},
		{"on the next line", "password:\nL05 x", "password:\n[REDACTED:password] x"},
		{"on the next line, escaped", `prompt="password:\nL05\nx"`, `prompt="password:\n[REDACTED:password]\nx"`},
		{"on the next line, another name", "password:\n  length: 8\nAPI_KEY=\nB=1", "password:\n  length: 8\nAPI_KEY=\nB=1"},
		{"two lines on", "password:\n\nhunter2", "password:\n\nhunter2"},
		{"name ends a value", `msg="my password: " next=1`, `msg="my password: " next=1`},

		// Quotes of other kinds, markup, and values that are not plain.
		{"backquotes", "token=`L39` password=`X y` z", "token=`[REDACTED:token]` password=`[REDACTED:password]` z"},
		{"angle brackets", `password=<X> token = 1 '<s>'`, `password=[REDACTED:password] token = 1 '<s>'`},
		{"apostrophes within", `password: 'L18 \'q\' L18b' x`, `password: '[REDACTED:password]' x`},
		{"apostrophes within, in quotes", `prompt="password: 'L18 \\'q\\' L18b' x"`, `prompt="password: '[REDACTED:password]' x"`},
		{"apostrophes around a path", `password='C:\a\' x`, `password='[REDACTED:password]' x`},
		{"quote within a word", `password=L19\"L19b x`, `password=[REDACTED:password] x`},
		{"quote within a word, in quotes", `prompt="password=L19\"L19b x"`, `prompt="password=[REDACTED:password] x"`},
		{"quote within a word, as it stands", `password=L19"L19b x`, `password=[REDACTED:password] x`},
		{"json number as token", `{"token":12345678,"a":1}`, `{"token":"[REDACTED:token]","a":1}`},
		{"json number of a tokenizer", `{"token":151645,"a":1}`, `{"token":151645,"a":1}`},
		{"xml", `<user>a</user><password>L25 x</password>`, `<user>a</user><password>[REDACTED:password]</password>`},
		{"xml in slog", `m="<apiKey>L25</apiKey>" x=1`, `m="<apiKey>[REDACTED:key]</apiKey>" x=1`},
		{"no xml", `<token> a < b, x-token> c`, `<token> a < b, x-token> c`},
		{"flag, next line", "curl --password\nL26 x", "curl --password\n[REDACTED:password] x"},
		{"flag, escaped newline", `"curl --password\nL26 x"`, `"curl --password\n[REDACTED:password] x"`},
		{"flag, tab", "curl --api-key\tL26 x", "curl --api-key\t[REDACTED:key] x"},
		{"rails", `SECRET_KEY_BASE=S3K x`, `SECRET_KEY_BASE=[REDACTED:key] x`},
		{"sendgrid", `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 x`, `[REDACTED:token] x`},
		{"sendgrid, short", `key SG.aB3dE6gH9.xY2zW5vU8 MSG.x.y SG.Orchard.Road`, `key [REDACTED:token] MSG.x.y SG.Orchard.Road`},
		{"yaml block", "password: |\n  L27\nuser: a", "password: |\n  [REDACTED:password]\nuser: a"},
		{"yaml block, escaped", `"password: >-\n  L27\nuser: a"`, `"password: >-\n  [REDACTED:password]\nuser: a"`},

		// Names that stand elsewhere than before an operator.
		{"value before its name", `{"value":"abc123def","name":"API_KEY"}`, `{"value":"[REDACTED:key]","name":"API_KEY"}`},
		{"value before its name, in slog", `body="{\"value\": \"abc123def\", \"name\": \"API_KEY\"}"`, `body="{\"value\": \"[REDACTED:key]\", \"name\": \"API_KEY\"}"`},
		{"a list of names", `["Authorization", "Content-Type", "X-Api-Key", "X-Request-Id"]`, `["Authorization", "Content-Type", "X-Api-Key", "X-Request-Id"]`},
		{"environ", `os.environ["HF_TOKEN"] = "abc123"`, `os.environ["HF_TOKEN"] = "[REDACTED:token]"`},
		{"typed", `const apiKey: string = "abc123"`, `const apiKey: string = "[REDACTED:key]"`},
		{"compared", `if token != "abc123" && password == other {`, `if token != "[REDACTED:token]" && password == other {`},
		{"a set cookie with a date", `Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/`, `Set-Cookie: [REDACTED:token]`},
		{"an error", `couldn't get token: "Get \"https://x\": read tcp 1.2.3.4:5->6.7.8.9:443: reset"`, `couldn't get token: "Get \"https://x\": read tcp 1.2.3.4:5->6.7.8.9:443: reset"`},
		{"percent-encoded JSON", `?q=%7B%22api_key%22%3A%22abc123%22%7D&x=1`, `?q=%7B%22api_key%22%3A%22[REDACTED:key]%22%7D&x=1`},
		{"unknown prefix", `got acme_live_4fGh72kLmN01xYz9Qw, no`, `got [REDACTED:token], no`},

		// Users of URLs.
		{"proxy", `HTTPS_PROXY=http://bob:p%40ss@proxy:3128`, `HTTPS_PROXY=http://bob:[REDACTED:password]@proxy:3128`},
		{"proxy without a scheme", `HTTPS_PROXY=bob:pass@proxy:3128`, `HTTPS_PROXY=bob:[REDACTED:password]@proxy:3128`},
		{"proxy in a map", `env="map[HTTPS_PROXY:http://bob:pass@proxy.example.com:3128 NO_PROXY:]"`, `env="map[HTTPS_PROXY:http://bob:[REDACTED:password]@proxy.example.com:3128 NO_PROXY:]"`},
		{"an at in it", `redis://:a@b@host/0`, `redis://:[REDACTED:password]@host/0`},
		{"no user", `http://host:8080/a@b`, `http://host:8080/a@b`},

		// Addresses.
		{"email", `from jane.doe+x@mail.example.com, and`, `from [REDACTED:email], and`},
		{"email at the end", `jane@example.com.`, `[REDACTED:email].`},
		{"email behind an escape", `"\njane@example.com\tx"`, `"\n[REDACTED:email]\tx"`},
		{"email behind another", `"\u003cjane@example.com\u003e"`, `"\u003c[REDACTED:email]\u003e"`},
		{"email with an umlaut", `jürgen@bücher.de`, `[REDACTED:email]`},
		{"email in Chinese", `邮箱jane@example.com是`, `邮箱[REDACTED:email]是`},
		{"quotes escaped", `{\u0022api_key\u0022: \u0022a b\u0022,\u0022n\u0022:1} "\\u0022password\\u0022:\\u0022x1\\u0022"`,
			`{\u0022api_key\u0022: \u0022[REDACTED:key]\u0022,\u0022n\u0022:1} "\\u0022password\\u0022:\\u0022[REDACTED:password]\\u0022"`},
		{"cookies of curl", `curl -b "a=x1; b=y2" h --cookie c=z3 -b cookies.txt --cookie-jar j`,
			`curl -b "[REDACTED:token]" h --cookie [REDACTED:token] -b cookies.txt --cookie-jar j`},
		{"long cookies of curl, quoted", `"curl -b \"a=` + strings.Repeat("x", 90) + `; b=y2\" h"`, `"curl -b \"[REDACTED:token]\" h"`},
		{"email of another script", `an почта@пример.рф, 用户@例子.广告 und δοκιμή@παράδειγμα.δοκιμή.`,
			`an [REDACTED:email], [REDACTED:email] und [REDACTED:email].`},
		{"email of another script at a domain in Latin", `用户@example.com`, `[REDACTED:email]`},
		{"email escaped", `{"to":"jane\u0040example.com","q":"\"jane\\u0040b\u00fccher.de\""}`, `{"to":"[REDACTED:email]","q":"\"[REDACTED:email]\""}`},
		{"email percent-encoded", `?m=j%C3%B6rg%2Bx%40b%C3%BCcher.de&a=%E7%94%A8%40%E4%BE%8B.%E5%B9%BF%E5%91%8A`, `?m=[REDACTED:email]&a=[REDACTED:email]`},
		{"email in a query", `?mail=jane%40example.com&x=1`, `?mail=[REDACTED:email]&x=1`},
		{"module", `/gomod/github.com/spf13/cobra@v1.7.0/command.go:940 golang.org/x/exp@v0.0.0-20231110203233-9a3e6036ecaa/maps`,
			`/gomod/github.com/spf13/cobra@v1.7.0/command.go:940 golang.org/x/exp@v0.0.0-20231110203233-9a3e6036ecaa/maps`},
		{"git", `git@github.com:ollama/ollama.git`, `git@github.com:ollama/ollama.git`},
		{"unit", `getty@tty1.service`, `getty@tty1.service`},

		// Private keys.
		{"pem", "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nb", "a\n[REDACTED:private_key]\nb"},
		{"pem in slog", `msg="-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n" n=1`, `msg="[REDACTED:private_key]\n" n=1`},
		{"pem cut short", `msg="-----BEGIN PRIVATE KEY-----\nMIIE" n=1`, `msg="[REDACTED:private_key]" n=1`},
		{"public", `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEGYa9Xkl4dMktpJr8TdpCAMVyevGjKWYBxLUySO5ZhB`, `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEGYa9Xkl4dMktpJr8TdpCAMVyevGjKWYBxLUySO5ZhB`},
		{"certificate", `-----BEGIN CERTIFICATE-----`, `-----BEGIN CERTIFICATE-----`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := redacted(Default(), test.in); got != test.want {
				t.Errorf("redacting  %s\ngot        %s\nwant       %s", test.in, got, test.want)
			}
		})
	}
}

// TestCleanLines: what stands in real logs and only looks like a secret.
func TestCleanLines(t *testing.T) {
	for _, line := range []string{
		`print_info: BOS token        = 1 '<s>'`,
		`print_info: EOS token        = 151645 '<|im_end|>'`,
		`print_info: FIM PRE token    = 151659 '<|fim_prefix|>'`,
		`print_info: max token length = 256`,
		`load: token to piece cache size = 0.9310 MB`,
		`load: control token: 151660 '<|fim_middle|>' is not marked as EOG`,
		`llm_load_print_meta: BOS token = 1 '<s>'`,
		`[1704891429] sampled token: 29896: '1'`,
		`[1704891430] sampled token:   310: ' of'`,
		`llama_model_loader: - kv  18:                tokenizer.ggml.bos_token_id u32              = 1`,
		`llama_model_loader: - kv  21: tokenizer.chat_template str = {% if not add_generation_prompt is defined %}...`,
		`time=2026-11-21T19:16:22.517Z level=DEBUG source=ggml.go:282 msg="key with type not found" key=tokenizer.ggml.eos_token_id default=0`,
		`slot print_timing: id  0 | task 0 | prompt eval time = 1.00 ms / 5 tokens (0.20 ms per token, 5000.00 tokens per second)`,
		`{"function":"update_slots","level":"INFO","line":1613,"msg":"slot progression","n_past":22,"tid":"139810345842240","timestamp":1710561044}`,
		`time=2024-05-01T10:00:00.000Z level=WARN source=x.go:1 msg="failed to get token: unauthorized" registry=ollama.com`,
		`time=2024-05-01T10:00:00.000Z level=INFO source=x.go:1 msg="invalid password: required" `,
		`github.com/spf13/cobra.(*Command).ExecuteC(0x15542331cf08)`,
		`time=2026-11-21T19:28:43.409Z level=INFO source=server.go:429 msg="starting runner" cmd="/usr/local/bin/ollama runner --ollama-engine --port 37243"`,
		`stop_token="<|im_end|>" eos_token: "<|endoftext|>" {"bos_token":"<s>","pad_token":{"content":"<pad>"}}`,
		`--override-kv tokenizer.ggml.add_bos_token=bool:false authorization: denied retry policy=exponential2`,
		`model_name=Qwen3-Coder-480B-A35B-Instruct-UD-Q4_K_XL-00001-of-00006.gguf libcudart-d0da41ae.so.11.0 id=msg_01XFDUDYJgAACzvnptvVoYEL`,
		`Couldn't find '/root/.ollama/id_ed25519'. Generating new private key.`,
		`Your new public key is: `,
	} {
		if got := redacted(Default(), line); got != line {
			t.Errorf("a clean line changed\nfrom %s\nto   %s", line, got)
		}
	}
}

func TestRedactKindsApart(t *testing.T) {
	const text = `jane@example.com password=abc http://u:p@h`
	for _, test := range []struct {
		set  Set
		want string
	}{
		{Set{}, text},
		{Set{Emails: true}, `[REDACTED:email] password=abc http://u:p@h`},
		{Set{Secrets: true}, `jane@example.com password=[REDACTED:password] http://u:[REDACTED:password]@h`},
		{Set{Patterns: []*regexp.Regexp{regexp.MustCompile(`[a-z]+@`)}}, `[REDACTED:custom]example.com password=abc http://u:[REDACTED:custom]h`},
	} {
		if got := redacted(test.set, text); got != test.want {
			t.Errorf("with %+v: got %s, want %s", test.set, got, test.want)
		}
	}
}

// TestNoSecretSurvives puts secrets into every place they are known to stand in.
func TestNoSecretSurvives(t *testing.T) {
	secrets := []string{
		"hunter2",
		"correct-horse_battery",
		"a,b;c&d)e",
		`q"u'o`,
		`back\slash`,
		"naïve¢",
		"{}x[]",
		"with.dots/and+more=",
	}
	quote := func(s string) string { q, _ := json.Marshal(s); return strings.Trim(string(q), `"`) }
	twice := func(s string) string { return quote(quote(s)) }
	places := []func(s string) string{
		func(s string) string { return fmt.Sprintf(`level=INFO msg="x" db_password="%s" next=1`, quote(s)) },
		func(s string) string { return fmt.Sprintf(`{"password":"%s","n":1}`, quote(s)) },
		func(s string) string { return fmt.Sprintf(`msg="body {\"client_secret\":\"%s\",\"n\":1}"`, twice(s)) },
		func(s string) string { return fmt.Sprintf(`env="map[A:b MY_TOKEN:%s Z:1]"`, quote(s)) },
		func(s string) string { return fmt.Sprintf(`environment="[A=b MY_TOKEN=%s Z=1]"`, quote(s)) },
	}
	for _, s := range secrets {
		for n, place := range places {
			line := place(s)
			got := redacted(Default(), line)
			for _, form := range []string{s, quote(s), twice(s)} {
				if strings.Contains(got, form) {
					t.Errorf("place %d: %q survives in %s, of %s", n, s, got, line)
				}
			}
			if strings.Count(got, `"`)%2 != 0 {
				t.Errorf("place %d: quotes of %s are broken: %s", n, line, got)
			}
		}
	}
}
