// Package imports holds the rule by which the packages of this module may
// import each other: one way, from cmd down to input. Its test fails on an
// import that the table does not allow.
//
// It sees imports of the packages as they are built for this system, without
// those of tests.
package imports

import "strings"

// layers are the folders, the lowest layer first: a package imports only what stands in a lower
// layer, or what allowed names within its own.
var layers = [][]string{
	{"input"},
	{"sourcetypes"},
	{"hec", "splunk_app"},
	{"cmd"},
}

// allowed are the imports within a layer: the package by may import the package what. A name
// that ends in a slash stands for all packages below. Every package may import testdata.
var allowed = []struct{ by, what string }{
	// Sources implement the interfaces of input, and share how positions are kept and lines
	// unwrapped.
	{"input/", "input"},
	{"input/", "input/internal/"},
	{"input/file", "input/checkpoint"},
	{"input/checkpoint", "input/statedir"},
	{"input/spool", "input/statedir"},
	{"input/file", "input/framing"},
	{"input/stdin", "input/framing"},
	{"input/discover", "input/container"},
	{"input/connections", "input/sockdiag"},
	{"input/connections", "input/netscope"},
	{"input/connections", "input/spool"},
	{"input/connections", "input/container"},
	{"input/connections", "input/discover"}, // both say what a connection's container is called

	{"sourcetypes/batch", "sourcetypes"},
	{"sourcetypes/exchange", "sourcetypes"}, // the keys of ollama:api, redaction
	{"sourcetypes/captured", "sourcetypes"},
	{"sourcetypes/captured", "sourcetypes/exchange"}, // its setting RESPONSES
	{"sourcetypes/captured", "sourcetypes/redact"},
	{"sourcetypes", "sourcetypes/redact"},
	{"sourcetypes", "sourcetypes/known"}, // words that Ollama writes
	{"sourcetypes/", "sourcetypes/internal/"},
	{"sourcetypes", "sourcetypes/internal/text"},
	{"sourcetypes/redact", "sourcetypes/internal/text"},

	{"hec/deadletter", "hec"},
	{"hec/scs", "hec"},

	{"splunk_app/detections", "splunk_app"}, // the add-on's files, embedded
	{"splunk_app/detections", "splunk_app/simulate/"},
	{"splunk_app/content", "splunk_app"},
	{"splunk_app/content", "splunk_app/detections"},
	{"splunk_app/content", "splunk_app/simulate/knowledge"},
	{"splunk_app/dashboard", "splunk_app/detections"},
	{"splunk_app/dashboard/shot", "splunk_app/dashboard"},
	{"splunk_app/dashboard/shot", "splunk_app/dashboard/shot/shrink"},
	{"splunk_app/dashboard/shot", "splunk_app/detections"},
	{"splunk_app/dashboard/shot", "splunk_app/simulate/spl"},
	{"splunk_app/report", "splunk_app/detections"},
	{"splunk_app/report", "splunk_app/dashboard"}, // the panels of the page
	{"splunk_app/report", "splunk_app/simulate/spl"},
	{"splunk_app/simulate/", "splunk_app/simulate/pcre"},
	{"splunk_app/simulate/knowledge", "splunk_app/simulate/spl"},

	// A program is its commands, made of what is in cmd/internal.
	{"cmd/ollama-hec", "cmd/internal/"},
	{"cmd/ollama_logs", "cmd/internal/"},
	{"cmd/internal/app", "cmd/internal/pipeline"},
	{"cmd/internal/app", "cmd/internal/recognition"},
	{"cmd/internal/app", "cmd/internal/settings"},
	{"cmd/internal/app", "cmd/internal/sources"},
	{"cmd/internal/app", "cmd/internal/version"},
	{"cmd/internal/capture", "cmd/internal/settings"},
	{"cmd/internal/capture", "cmd/internal/version"},
	{"cmd/internal/proxy", "cmd/internal/capture"}, // the spool, and what the settings say of requests
	{"cmd/internal/proxy", "cmd/internal/settings"},
	{"cmd/internal/destination", "cmd/internal/app"}, // a package of its own, or the modular input would link the SDK
	{"cmd/internal/destination", "cmd/internal/pipeline"},
	{"cmd/internal/destination", "cmd/internal/settings"},
	{"cmd/internal/destination", "cmd/internal/version"},
	{"cmd/internal/check", "cmd/internal/app"},
	{"cmd/internal/check", "cmd/internal/capture"},
	{"cmd/internal/check", "cmd/internal/destination"},
	{"cmd/internal/check", "cmd/internal/recognition"},
	{"cmd/internal/check", "cmd/internal/settings"},
	{"cmd/internal/check", "cmd/internal/sources"},
	{"cmd/internal/check", "cmd/internal/terminal"},
	{"cmd/internal/heartbeat", "cmd/internal/app"},
	{"cmd/internal/heartbeat", "cmd/internal/destination"},
	{"cmd/internal/heartbeat", "cmd/internal/lag"},
	{"cmd/internal/heartbeat", "cmd/internal/settings"},
	{"cmd/internal/heartbeat", "cmd/internal/terminal"},
	{"cmd/internal/heartbeat", "cmd/internal/version"},
	{"cmd/internal/metrics", "cmd/internal/app"},
	{"cmd/internal/metrics", "cmd/internal/lag"},
	{"cmd/internal/metrics", "cmd/internal/settings"},
	{"cmd/internal/metrics", "cmd/internal/terminal"},
	{"cmd/internal/metrics", "cmd/internal/version"},
	{"cmd/internal/pipeline/sinktest", "cmd/internal/pipeline"},
	{"cmd/internal/dev/bench", "cmd/internal/pipeline"},
	{"cmd/internal/dev/bench", "cmd/internal/settings"},
	{"cmd/internal/dev/chaos", "cmd/internal/harness"},
	{"cmd/internal/dev/pageshot", "cmd/internal/fakeollama"},
	{"cmd/internal/dev/pageshot", "cmd/internal/harness"},
	{"cmd/internal/dev/release", "cmd/internal/dev/links"},
	{"cmd/internal/dev/release", "cmd/internal/version"},
}

// Allowed reports whether the package by may import the package what, both
// named by their folders in this module.
func Allowed(by, what string) bool {
	if within(what, "testdata") {
		return true
	}
	if b, w := layer(by), layer(what); b != w {
		return w < b
	}
	for _, a := range allowed {
		if within(by, a.by) && within(what, a.what) {
			return true
		}
	}
	return false
}

// layer returns the number of the layer that pkg is in, 0 the lowest; -1: none.
func layer(pkg string) int {
	for n, folders := range layers {
		for _, folder := range folders {
			if within(pkg, folder+"/") || pkg == folder {
				return n
			}
		}
	}
	return -1
}

// within reports whether pkg is the folder pattern names or, where that ends in
// a slash, lies in it.
func within(pkg, pattern string) bool {
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(pkg, pattern)
	}
	return pkg == pattern
}
