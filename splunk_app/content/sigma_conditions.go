package content

import "fmt"

// sigmaConditions are the detections that Sigma can say, in its language. Rules for requests
// rest on ollama:api, which ollama-hec makes of every access line.
var sigmaConditions = []sigmaCondition{
	{
		detection: "Ollama Abnormal Network Connectivity", service: "server",
		condition: `
warning:
  level: WARN
words:
  msg|contains: [failed, dial tcp, lookup, no such host, connection, network, timeout, unreachable, refused]
condition: warning and words
`,
	},
	{
		detection: "Ollama Network Failure", service: "server",
		condition: `
failure:
  - connection refused
  - actively refused
  - connection reset
  - forcibly closed
  - connection was aborted
  - broken pipe
  - network is unreachable
  - host is unreachable
  - unreachable network
  - no route to host
  - i/o timeout
  - TLS handshake timeout
  - timeout awaiting response headers
  - Client.Timeout
  - connection timed out
  - operation timed out
  - did not properly respond
  - context deadline exceeded
  - x509
  - 'tls: '
  - HTTP response to HTTPS client
  - no such host
  - server misbehaving
  - Temporary failure in name resolution
  - Name or service not known
  - ERR_NAME_NOT_RESOLVED
  - ERR_INTERNET_DISCONNECTED
  - ERR_CONNECTION_REFUSED
  - stream error
  - use of closed network connection
  - client connection closed before
  - unexpected EOF
  - read response
  - proxyconnect
  - 'dial tcp'
  - 'fetch failed'
request:
  - '[GIN]'
condition: failure and not request
`,
		limits: "This rule looks for phrases anywhere in a line; the search judges what stands in the message and its cause.",
	},
	{
		detection: "Ollama API Accessed from External Network", service: "api",
		condition: sigmaExternal + "condition: 1 of address_* and not 1 of internal_* and not none\n",
		limits:    sigmaNoRanges,
	},
	{
		detection: "Ollama Models Changed from External Network", service: "api",
		condition: `
change_post:
  http_method: POST
  uri_path: [/api/create, /api/push, /api/pull, /api/copy]
change_blob:
  http_method: POST
  uri_path|startswith: /api/blobs/
change_delete:
  http_method: DELETE
  uri_path: /api/delete
answered:
  status|lt: 400
` + sigmaExternal + "condition: 1 of change_* and answered and 1 of address_* and not 1 of internal_* and not none\n",
		limits: sigmaNoRanges,
	},
	{
		detection: "Ollama Bulk Pulls or Pushes", part: "Pulls", service: "api",
		condition: sigmaTransfer("pull"), counted: sigmaAtLeast("event_count", "", 10), limits: sigmaHours,
	},
	{
		detection: "Ollama Bulk Pulls or Pushes", part: "Pushes", service: "api",
		condition: sigmaTransfer("push"), counted: sigmaAtLeast("event_count", "", 3), limits: sigmaHours,
	},
	{
		detection: "Ollama API Scan", service: "api",
		condition: `
wrong_method:
  status: 405
missing:
  status: 404
own:
  uri_path|startswith: [/api/, /v1/]
condition: wrong_method or (missing and not own)
`,
		counted: sigmaAtLeast("value_count", "uri_path", 5),
		limits:  sigmaHours + " It finds only a source that asks for five paths that are not there.",
	},
	{
		detection: "Ollama Untrusted Registry", part: "Log", service: "server",
		condition: `
registry:
  - '/v2/'
failure:
  - request failed
  - attempt
  - download
  - upload
trusted:
  - '://registry.ollama.ai'
  - '://hf.co'
  - '://huggingface.co'
  - '.r2.cloudflarestorage.com'
request:
  - '[GIN]'
condition: registry and failure and not trusted and not request
`,
		limits: "Add the registries of your site to trusted. Targets are not ranked.",
	},
	{
		detection: "Ollama Untrusted Registry",
		part:      "Captured",
		service:   "api",
		condition: `
asked:
  uri_path: [/api/pull, /api/push, /api/create]
named:
  model|contains: '/*/'
trusted:
  model|contains: [registry.ollama.ai/, hf.co/, huggingface.co/]
condition: asked and named and not trusted
`,
		limits: "Add the registries of your site to trusted. A registry whose name holds that of a trusted one is taken for it.",
	},
	{
		detection: "Ollama Registry Redirect or Realm Mismatch", service: "server",
		condition: `
realm:
  '|all':
    - realm host
    - does not match original host
redirect:
  - blocked redirect
  - redirect from https to http
request:
  - '[GIN]'
line:
  msg: '*'
trusted:
  - realm host \"huggingface.co
  - '.hf.co/'
condition: (realm or redirect) and line and not request and not trusted
`,
		limits: "Add the registries of your site to trusted.",
	},
	{
		detection: "Ollama Listening Beyond Loopback", part: "Address", service: "server",
		condition: `
listening:
  msg|startswith: 'Listening on '
loopback:
  msg|startswith: ['Listening on 127.', 'Listening on [::1]', 'Listening on localhost']
condition: listening and not loopback
`,
		limits: "Lines in the form of Go's older log are not seen.",
	},
	{
		detection: "Ollama Listening Beyond Loopback", part: "Origins", service: "server",
		condition: `
config:
  msg: server config
anywhere:
  env|re: '\bOLLAMA_ORIGINS:\[(?:[^\]]*[ ,])?(?:\*|(?:https?|\*)://\*(?::\*)?)[ ,\]]'
condition: config and anywhere
`,
		limits: "Lines in the form of Go's older log are not seen.",
	},
	{
		detection: "Ollama Cloud Base URL Changed", service: "server",
		condition: `
override:
  msg: [cloud base URL override enabled, ignoring cloud base URL override]
condition: override
`,
		limits: "It finds the override itself; OLLAMA_REMOTES and calls of strange hosts are for the search.",
	},
}

// notInSigma says of the other detections why Sigma, or its backend for Splunk, cannot say them.
var notInSigma = map[string]string{
	"Ollama Model Uploaded and Pushed":          "three requests in their order; the backend for Splunk has no ordered correlation",
	"Ollama Vulnerable Version":                 "compares versions with a table",
	"Ollama Source First Seen":                  "needs a table of what was seen before",
	"Ollama Forged Client Address":              "compares the address that is claimed with the peer",
	"Ollama Connection without Request":         "finds requests that are not there",
	"Ollama Crash after Upload, Create or Chat": "a crash and the request before it, in their order",
	"Ollama Suspicious Prompt":                  "looks for phrases in the whole event, whose prompt Splunk extracts only up to 5 KB",
	"Ollama Abnormal Prompt Length":             "compares lengths with one another",
}

const (
	sigmaNoRanges = "Add the ranges of your site to internal_range. A request that Ollama has logged and that was captured counts twice."
	sigmaHours    = "This rule counts by hours of the clock, the search by any sixty minutes."
)

// sigmaExternal are the parts of a condition that tell who is not external: what the search
// has by cidrmatch.
const sigmaExternal = `
address_v4:
  src|contains: '.'
address_v6:
  src|contains: ':'
internal_range:
  src|cidr:
    - 10.0.0.0/8
    - 127.0.0.0/8
    - 169.254.0.0/16
    - 172.16.0.0/12
    - 192.168.0.0/16
    - 100.64.0.0/10
    - ::1/128
    - fe80::/10
    - fc00::/7
    - ff00::/8
internal_mapped:
  src|startswith: ['::ffff:10.', '::ffff:127.', '::ffff:169.254.', '::ffff:192.168.']
none:
  src: ['0.0.0.0', '::']
`

func sigmaTransfer(call string) string {
	return `
call:
  http_method: POST
  uri_path: /api/` + call + `
answered:
  status|lt: 400
condition: call and answered
`
}

// sigmaAtLeast is a correlation by host and source within an hour; %s is the rule's name.
func sigmaAtLeast(kind, field string, least int) string {
	if field != "" {
		field = "  field: " + field + "\n"
	}
	return fmt.Sprintf(
		"type: %s\nrules: [%%s]\ngroup-by: [host, src]\ntimespan: 1h\ncondition:\n  gte: %d\n%s",
		kind,
		least,
		field,
	)
}
