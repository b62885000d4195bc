package receiver

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// A page in a browser may have its own name resolve to 127.0.0.1 and then speak to
// what listens there as if it were the page's own server (DNS rebinding). The Host
// header gives it away: it has the page's name.

// misdirected reports whether a request names a host that is not this machine,
// where that matters: on loopback, when any token will do.
func (r *Receiver) misdirected(req *http.Request) bool {
	local, _ := req.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if local == nil || !local.IP.IsLoopback() {
		return false
	}
	for _, t := range *r.tokens.Load() {
		if t.Value == "" {
			return !ours(req.Host)
		}
	}
	return false
}

// ours reports whether a Host header names this machine, or something that no page
// can be served as: an address, a name without a dot, a name under localhost, the
// machine's own, or one that its hosts file has for loopback.
func ours(header string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if name, err := os.Hostname(); err == nil && strings.EqualFold(name, host) {
		return true
	}
	text, err := os.ReadFile(hostsFile())
	return err == nil && loopbackIn(string(text), host)
}

func hostsFile() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("SystemRoot"), `System32\drivers\etc\hosts`)
	}
	return "/etc/hosts"
}

// loopbackIn reports whether the text of a hosts file has host for loopback.
func loopbackIn(text, host string) bool {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if addr, err := netip.ParseAddr(fields[0]); err != nil || !addr.Unmap().IsLoopback() {
			continue
		}
		for _, name := range fields[1:] {
			if strings.EqualFold(strings.TrimSuffix(name, "."), host) {
				return true
			}
		}
	}
	return false
}

// notOurs is the answer to a request that names another host.
func notOurs(host string) reply {
	const most = 100
	text, err := json.Marshal("this receiver is on loopback and takes any token, and " +
		strings.ToValidUTF8(host[:min(len(host), most)], "") + " is no name of this machine: " +
		"use 127.0.0.1 or localhost, put the name into the hosts file, or set a token")
	if err != nil {
		text = []byte(`""`) // a string always can be encoded
	}
	return bare(http.StatusMisdirectedRequest, contentJSON, `{"text":`+string(text)+`,"code":421}`)
}
