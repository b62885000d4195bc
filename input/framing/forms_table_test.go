package framing

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// story is what Ollama wrote, the stamps in its own zone.
var story = []string{
	`time=2026-04-13T08:00:00.123+02:00 level=WARN source=updater.go:103 msg="failed to check for update"`,
	`[GIN] 2026/04/13 - 08:00:01 | 200 |     1.204ms |     203.0.113.5 | POST     "/api/chat"`,
	`panic: boom`,
	``,
	`goroutine 1 [running]:`,
	`main.main()`,
	"\t/x/main.go:12 +0x1",
	"  Device 0: indented",
	`time=2026-04-13T08:00:02.123+02:00 level=DEBUG source=routes.go:1501 msg="chat request" prompt="hi | there: [you]"`,
}

// at is when each line of the story was written.
var at = time.Date(2026, 4, 13, 8, 0, 0, 123456789, time.FixedZone("", 2*3600))

// form is one way in which a log is found.
type form struct {
	name   string
	wrap   func(line string) string
	keep   string // what it is recognized as
	host   string
	fields string
	time   time.Duration // how exact the time is; 0: there is none
}

func after(prefix string) func(string) string {
	return func(line string) string { return prefix + line }
}

func quoted(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSpace(b.String())
}

func inJSON(form string) func(string) string {
	return func(line string) string { return strings.ReplaceAll(form, "TEXT", quoted(line)) }
}

func logged(form string) func(string) string {
	return func(line string) string { return strings.ReplaceAll(form, "TEXT", quoted(line+"\n")) }
}

const second, milli, micro, nano = time.Second, time.Millisecond, time.Microsecond, time.Nanosecond

var forms = []form{
	{"journalctl short", after("Apr 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl short, a day of one digit", after("Apr 03 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", 0},
	{"journalctl short-precise", after("Apr 13 08:00:00.123456 host1 ollama[1234]: "), "syslog.", "host1", "", micro},
	{"journalctl short-iso", after("2026-04-13T08:00:00+0200 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{
		"journalctl short-iso with a colon",
		after("2026-04-13T08:00:00+02:00 host1 ollama[1234]: "),
		"syslog.",
		"host1",
		"",
		second,
	},
	{
		"journalctl short-iso-precise",
		after("2026-04-13T08:00:00.123456+0200 host1 ollama[1234]: "),
		"syslog.",
		"host1",
		"",
		micro,
	},
	{"journalctl short-full", after("Mon 2026-04-13 08:00:00 CEST host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{
		"journalctl short-full in UTC",
		after("Mon 2026-04-13 06:00:00 UTC host1 ollama[1234]: "),
		"syslog.",
		"host1",
		"",
		second,
	},
	{
		"journalctl short-full, zone as a number",
		after("Mo 2026-04-13 08:00:00 +02 host1 ollama[1234]: "),
		"syslog.",
		"host1",
		"",
		second,
	},
	{
		"journalctl with-unit",
		after("Mon 2026-04-13 08:00:00 CEST host1 ollama.service[1234]: "),
		"syslog.",
		"host1",
		"",
		second,
	},
	{"journalctl short-unix", after("1776060000.123456 host1 ollama[1234]: "), "syslog.", "host1", "", micro},
	{"journalctl short-monotonic", after("[ 1234.567890] host1 ollama[1234]: "), "syslog.", "host1", "", 0},
	{"journalctl short-delta", after("[ 1234.567890 <    0.000123 >] host1 ollama[1234]: "), "syslog.", "host1", "", 0},
	{"journalctl --no-hostname", after("Apr 13 08:00:00 ollama[1234]: "), "syslog.", "", "", second},
	{"journalctl --no-hostname short-iso", after("2026-04-13T08:00:00+02:00 ollama[1234]: "), "syslog.", "", "", second},
	{"journalctl in Chinese", after("4月 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in Japanese", after(" 4月 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in Korean", after(" 4월 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in French", after("avril 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in Russian", after("апр 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in Catalan", after("d’abr. 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"journalctl in Vietnamese", after("Thg 4 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{
		"journalctl in a language not known",
		after("xyzzy 13 08:00:00 host1 ollama[1234]: "),
		"syslog.",
		"host1",
		"",
		second,
	},
	{
		"rsyslog, traditional",
		after("Apr 13 08:00:00 gpu-01.example.com ollama[1234]: "),
		"syslog.",
		"gpu-01.example.com",
		"",
		second,
	},
	{"rsyslog, ISO", after("2026-04-13T08:00:00.123456+02:00 host1 ollama[1234]: "), "syslog.", "host1", "", micro},
	{"logger, without a process", after("Apr 13 08:00:00 host1 ollama: "), "syslog.", "host1", "", second},
	{"on the wire", after("<30>Apr 13 08:00:00 host1 ollama[1234]: "), "syslog.", "host1", "", second},
	{"RFC 5424", after("<30>1 2026-04-13T08:00:00.123456+02:00 host1 ollama 1234 - - "), "rfc5424.", "host1", "", micro},
	{
		"RFC 5424 with data and a mark",
		after(`<30>1 2026-04-13T06:00:00Z host1 ollama 1234 ID1 [a@1 b="x\"] y"][c@2] ` + "\ufeff"),
		"rfc5424.",
		"host1",
		"",
		second,
	},
	{"RFC 5424 without a host", after("<30>1 2026-04-13T06:00:00Z - ollama - - - "), "rfc5424.", "", "", second},
	{
		"docker-compose under systemd",
		after("Apr 13 08:00:00 host1 docker-compose[77]: ollama-1  | "),
		"syslog+compose.",
		"host1",
		"container=ollama-1",
		second,
	},
	{"docker logs -t", after("2026-04-13T06:00:00.123456789Z "), "stamp.", "", "", nano},
	{"kubectl logs --timestamps, zone", after("2026-04-13T08:00:00.123456789+02:00 "), "stamp.", "", "", nano},
	{"Docker Desktop", after("2026-04-13 08:00:00 "), "stamp.", "", "", second},
	{"TrueNAS", after("2026-04-13 06:00:00.123456+00:00"), "glued.", "", "", micro},
	{"TrueNAS with a space", after("2026-04-13 06:00:00.123456+00:00 "), "stamp.", "", "", micro},
	{"Portainer", after("2026-04-13T06:00:00.123456789Z "), "stamp.", "", "", nano},
	{"ts", after("Apr 13 08:00:00 "), "stamp.", "", "", second},
	{"ts %F %T", after("2026-04-13 08:00:00 "), "stamp.", "", "", second},
	{"ts [%F %T]", after("[2026-04-13 08:00:00] "), "stamp.", "", "", second},
	{"ts %FT%T%z", after("2026-04-13T08:00:00+0200 "), "stamp.", "", "", second},
	{"ts %F %T %z", after("2026-04-13 08:00:00 +0200 "), "stamp.", "", "", second},
	{"ts %.s", after("1776060000.123456 "), "stamp.", "", "", micro},
	{"ts %.T", after("08:00:00.123456 "), "clock.", "", "", 0},
	{"ts -s", after("00:00:07 "), "clock.", "", "", 0},
	{"svlogd", after("2026-04-13_06:00:00.12345 "), "stamp.", "", "", 0},
	{"s6-log", after("2026-04-13 06:00:00.123456789  "), "stamp.", "", "", 0},
	{"multilog", after("@4000000069dc866a075bcd15 "), "stamp.", "", "", nano},
	{"NSSM", after("2026-04-13 08:00:00.123: "), "stamp.", "", "", milli},
	{"compose v2", after("ollama-1  | "), "compose.", "", "container=ollama-1", 0},
	{"compose v1", after("ollama_1  | "), "compose.", "", "container=ollama_1", 0},
	{"compose, a name of its own", after("ollama  | "), "compose.", "", "container=ollama", 0},
	{"compose, a name that says nothing", after("llm           | "), "compose.", "", "container=llm", 0},
	{"compose v2 in colours", after("\x1b[36mollama-1  | \x1b[0m"), "compose.", "", "container=ollama-1", 0},
	{"compose v1 in colours", after("\x1b[36mollama_1  |\x1b[0m "), "compose.", "", "container=ollama_1", 0},
	{"compose -t", after("ollama-1  | 2026-04-13T06:00:00.123456789Z "), "compose+stamp.", "", "container=ollama-1", nano},
	{
		"docker service logs",
		after("ollama_ollama.1.x7k2m9qp3z1a@node1    | "),
		"swarm.",
		"node1",
		"container=ollama_ollama.1.x7k2m9qp3z1a",
		0,
	},
	{
		"docker service logs -t",
		after("2026-04-13T06:00:00.123456789Z ollama_ollama.1.x7k2m9qp3z1a@node1    | "),
		"stamp+swarm.",
		"node1",
		"container=ollama_ollama.1.x7k2m9qp3z1a",
		nano,
	},
	{"kubectl logs --prefix", after("[pod/ollama-0/ollama] "), "kubectl.", "", "pod=ollama-0 container=ollama", 0},
	{
		"kubectl logs --prefix --timestamps",
		after("[pod/ollama-0/ollama] 2026-04-13T06:00:00.123456789Z "),
		"kubectl+stamp.",
		"",
		"pod=ollama-0 container=ollama",
		nano,
	},
	{"stern", after("ollama-0 ollama "), "stern.", "", "pod=ollama-0 container=ollama", 0},
	{
		"stern of a deployment",
		after("llm-7d9f8b6c5-x2x9z server "),
		"stern.",
		"",
		"pod=llm-7d9f8b6c5-x2x9z container=server",
		0,
	},
	{
		"stern in colours",
		after("\x1b[32mollama-0\x1b[0m \x1b[36mollama\x1b[0m "),
		"stern.",
		"",
		"pod=ollama-0 container=ollama",
		0,
	},
	{
		"stern, all namespaces",
		after("ai ollama-0 ollama "),
		"stern-all.",
		"",
		"namespace=ai pod=ollama-0 container=ollama",
		0,
	},
	{
		"stern -t",
		after("ollama-0 ollama 2026-04-13T08:00:00.123456789+02:00 "),
		"stern+stamp.",
		"",
		"pod=ollama-0 container=ollama",
		nano,
	},
	{
		"stern --timestamps=short",
		after("ollama-0 ollama 04-13 08:00:00 "),
		"stern+clock.",
		"",
		"pod=ollama-0 container=ollama",
		0,
	},
	{"stern of a pod without a number", after("ollama ollama "), "stern.", "", "pod=ollama container=ollama", 0},
	{"kubetail", after("[ollama-0 ollama] "), "kubetail.", "", "pod=ollama-0 container=ollama", 0},
	{"kubetail of one container", after("[ollama-0] "), "kubetail.", "", "pod=ollama-0", 0},
	{"foreman", after("08:00:00 ollama.1      | "), "clock+compose.", "", "container=ollama.1", 0},
	{"pm2", after("0|ollama   | "), "compose.", "", "container=ollama", 0},
	{"ts %c", after("Mon Apr 13 08:00:00 2026 "), "stamp.", "", "", second},
	{"ts %D %T", after("04/13/26 08:00:00 "), "clock.", "", "", 0},
	{"ts %d.%m.%Y %T", after("13.04.2026 08:00:00 "), "clock.", "", "", 0},
	{"a process that is no number", after("2026-04-13T06:00:00.123456+00:00 ollama[web.1]: "), "syslog.", "", "", micro},
	{
		"journalctl -o json",
		inJSON(
			`{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1776060000123456","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"ollama","_SYSTEMD_UNIT":"ollama.service","MESSAGE":TEXT}`,
		),
		"journal-json.",
		"h",
		"",
		micro,
	},
	{
		"journalctl -o json, of a container",
		inJSON(
			`{"__REALTIME_TIMESTAMP":"1776060000123456","_HOSTNAME":"h","SYSLOG_IDENTIFIER":"0123456789ab","CONTAINER_NAME":"ollama","CONTAINER_ID_FULL":"0123456789abcdef","IMAGE_NAME":"ollama/ollama","MESSAGE":TEXT}`,
		),
		"journal-json.",
		"h",
		"container=ollama container_id=0123456789abcdef image=ollama/ollama",
		micro,
	},
	{"Fluent Bit", logged(`{"date":1776060000.123456,"log":TEXT,"stream":"stderr"}`), "json.", "", "", micro},
	{
		"Fluent Bit in Kubernetes",
		logged(
			`{"@timestamp":"2026-04-13T06:00:00.123Z","log":TEXT,"stream":"stderr","logtag":"F","kubernetes":{"pod_name":"ollama-0","namespace_name":"ai","container_name":"ollama","host":"node1","container_image":"ollama/ollama:0.13.5"}}`,
		),
		"json.",
		"node1",
		"namespace=ai pod=ollama-0 container=ollama image=ollama/ollama:0.13.5",
		milli,
	},
	{
		"Fluent Bit of Docker in Kubernetes",
		inJSON(
			`{"log":TEXT,"stream":"stderr","time":"2026-04-13T06:00:00.123456789Z","kubernetes":{"pod_name":"ollama-0","namespace_name":"ai","container_name":"ollama"}}`,
		),
		"json.",
		"",
		"namespace=ai pod=ollama-0 container=ollama",
		nano,
	},
	{
		"Cloud Logging",
		inJSON(
			`{"insertId":"x","logName":"projects/p/logs/stderr","textPayload":TEXT,"timestamp":"2026-04-13T06:00:00.123456789Z"}`,
		),
		"json.",
		"",
		"",
		nano,
	},
	{"Fluent Bit's file", inJSON(`kube.ollama: [1776060000.123456789, {"log":TEXT}]`), "fluent.", "", "", nano},
	{
		"Fluentd's file",
		inJSON("2026-04-13T08:00:00+02:00\tdocker.ollama\t" + `{"container_name":"/ollama","source":"stderr","log":TEXT}`),
		"fluent.",
		"",
		"container=ollama",
		second,
	},
	{
		"Vector of Docker",
		inJSON(
			`{"container_id":"0123","container_name":"ollama","image":"ollama/ollama","message":TEXT,"source_type":"docker_logs","stream":"stdout","timestamp":"2026-04-13T06:00:00.123456789Z"}`,
		),
		"json.",
		"",
		"container=ollama container_id=0123 image=ollama/ollama",
		nano,
	},
	{
		"Vector of a file",
		inJSON(
			`{"file":"/var/log/ollama.log","host":"h","message":TEXT,"source_type":"file","timestamp":"2026-04-13T06:00:00.123456789Z"}`,
		),
		"json.",
		"h",
		"",
		nano,
	},
	{
		"GELF",
		inJSON(
			`{"version":"1.1","host":"h","short_message":TEXT,"timestamp":1776060000.123,"level":6,"_container_name":"ollama","_image_name":"ollama/ollama"}`,
		),
		"gelf.",
		"h",
		"container=ollama image=ollama/ollama",
		milli,
	},
	{
		"Filebeat",
		inJSON(
			`{"@timestamp":"2026-04-13T06:00:00.123Z","message":TEXT,"host":{"name":"h"},"container":{"id":"0123","image":{"name":"ollama/ollama"},"name":"ollama"},"agent":{"type":"filebeat"}}`,
		),
		"json.",
		"h",
		"container=ollama container_id=0123 image=ollama/ollama",
		milli,
	},
	{
		"logcli",
		inJSON(
			`{"labels":{"namespace":"ai","pod":"ollama-0","container":"ollama"},"line":TEXT,"timestamp":"2026-04-13T06:00:00.123456789Z"}`,
		),
		"json.",
		"",
		"namespace=ai pod=ollama-0 container=ollama",
		nano,
	},
	{
		"Docker's file",
		logged(`{"log":TEXT,"stream":"stderr","time":"2026-04-13T06:00:00.123456789Z"}`),
		"docker",
		"",
		"",
		nano,
	},
	{"CRI", after("2026-04-13T06:00:00.123456789Z stderr F "), "cri", "", "", nano},
}
