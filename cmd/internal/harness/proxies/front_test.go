//go:build linux

package proxies

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is what can stand in front of the receiver.
type program struct {
	name    string
	find    func() (string, error)
	args    func(f *front) []string
	config  func(f *front, body string) string
	reload  func(f *front) error
	bodyFor string // what passes everything to {receiver}
}

// front is a running program.
type front struct {
	t       *testing.T
	program *program
	binary  string
	dir     string
	tls     string // how the place it listens on speaks TLS; empty: not at all
	addr    string
	admin   string // where Caddy takes orders
	configs int    // how many it has been given
	fill    *strings.Replacer

	cmd  *exec.Cmd
	said output
	gone chan struct{}
}

// output collects what a program says.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

var (
	nginx = &program{
		name: "nginx", find: lookPath("nginx"),
		args:    func(f *front) []string { return []string{"-e", "stderr", "-p", f.dir, "-c", f.conf()} },
		config:  nginxConfig,
		reload:  signalled(syscall.SIGHUP),
		bodyFor: `location / { proxy_pass http://{receiver}; }`,
	}
	haproxy = &program{
		name: "haproxy", find: lookPath("haproxy"),
		args:    func(f *front) []string { return []string{"-W", "-f", f.conf()} },
		config:  haproxyConfig,
		reload:  reloadHAProxy,
		bodyFor: `default_backend receiver`,
	}
	caddy = &program{
		name: "caddy", find: lookPath("caddy"),
		args:   func(f *front) []string { return []string{"run", "--adapter", "caddyfile", "--config", f.conf()} },
		config: caddyConfig,
		reload: func(f *front) error {
			args := []string{"reload", "--adapter", "caddyfile", "--config", f.conf(), "--address", f.admin}
			if said, err := f.command(args...).CombinedOutput(); err != nil {
				return fmt.Errorf("caddy reload: %w\n%s", err, said)
			}
			return nil
		},
		bodyFor: `reverse_proxy {receiver}`,
	}
	tinyproxy = &program{
		name: "tinyproxy", find: lookPath("tinyproxy"),
		args:    func(f *front) []string { return []string{"-d", "-c", f.conf()} },
		config:  func(f *front, body string) string { return "Port " + port(f.addr) + "\nListen 127.0.0.1\n" + body },
		bodyFor: "Allow 127.0.0.1",
	}
	reverse = []*program{nginx, haproxy, caddy}
)

// lookPath finds a program where users have it, or in .tools.
func lookPath(name string) func() (string, error) {
	return func() (string, error) {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		for _, path := range []string{"/usr/sbin/" + name, filepath.Join("..", "..", "..", "..", ".tools", name)} {
			if _, err := os.Stat(path); err == nil {
				return filepath.Abs(path)
			}
		}
		return "", errors.New(name + " is not installed: see CONTRIBUTING.md on make test-proxies")
	}
}

func signalled(sig syscall.Signal) func(*front) error {
	return func(f *front) error { return f.cmd.Process.Signal(sig) }
}

// reloadHAProxy repeats its signal until the new configuration is in use: while HAProxy
// is still busy with the one before, one may be lost.
func reloadHAProxy(f *front) error {
	again := time.NewTicker(time.Second)
	defer again.Stop()
	for deadline := time.After(patience); ; {
		if err := f.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
			return err
		}
		for range 10 {
			if f.uses(f.mark()) {
				return nil
			}
			select {
			case <-deadline:
				return errors.New("HAProxy does not take its new configuration")
			case <-again.C:
			}
		}
	}
}

// mark is a path that only the configuration of now answers so.
func (f *front) mark() string { return "/configuration-" + strconv.Itoa(f.configs) }

func (f *front) uses(mark string) bool {
	c := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(f.url() + mark)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return err == nil && string(text) == "in use"
}

// startFront starts a program with a configuration in which {receiver}, {receiver2},
// {dir} and {addr} are filled in. tls is empty, or how it listens with TLS.
func startFront(t *testing.T, p *program, tls, body string, fill ...string) *front {
	t.Helper()
	binary, err := p.find()
	if err != nil {
		if os.Getenv("PROXIES_REQUIRED") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	f := &front{t: t, program: p, binary: binary, dir: t.TempDir(), tls: tls, addr: place(t), admin: place(t)}
	f.fill = strings.NewReplacer(append(fill, "{dir}", f.dir, "{addr}", f.addr, "{port}", port(f.addr))...)
	f.configure(body)
	if !f.start() {
		t.Fatalf("%s does not start:\n%s", p.name, f.said.String())
	}
	t.Cleanup(f.stop)
	return f
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

func (f *front) conf() string { return filepath.Join(f.dir, "conf") }

func (f *front) configure(body string) {
	f.t.Helper()
	f.configs++
	text := f.fill.Replace(f.program.config(f, body))
	if err := os.WriteFile(f.conf(), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *front) command(args ...string) *exec.Cmd {
	cmd := exec.Command(f.binary, args...)
	cmd.Dir = f.dir
	cmd.Env = []string{"HOME=" + f.dir, "XDG_DATA_HOME=" + f.dir, "XDG_CONFIG_HOME=" + f.dir, "PATH=" + os.Getenv("PATH")}
	return cmd
}

// start reports whether the program listens.
func (f *front) start() bool {
	f.cmd = f.command(f.program.args(f)...)
	f.cmd.Stdout, f.cmd.Stderr = &f.said, &f.said
	if err := f.cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.gone = make(chan struct{})
	go func() {
		defer close(f.gone)
		_ = f.cmd.Wait()
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		select {
		case <-f.gone:
			return false
		case <-deadline:
			f.stop()
			return false
		case <-tick.C:
			if c, err := net.Dial("tcp", f.addr); err == nil {
				c.Close()
				return true
			}
		}
	}
}

// reload changes the configuration of the running program.
func (f *front) reload(body string) {
	f.t.Helper()
	f.configure(body)
	if err := f.program.reload(f); err != nil {
		f.t.Fatal(err)
	}
}

func (f *front) stop() {
	_ = f.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-f.gone:
	case <-time.After(5 * time.Second):
		_ = f.cmd.Process.Kill()
		<-f.gone
	}
	if f.t.Failed() {
		f.t.Logf("%s said:\n%s", f.program.name, tail(f.said.String(), 30))
	}
}

func (f *front) url() string {
	if f.tls != "" {
		return "https://" + f.addr
	}
	return "http://" + f.addr
}

func nginxConfig(f *front, body string) string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // or the workers could not use the test's directory
	}
	listen := "listen " + f.addr + ";"
	if f.tls != "" {
		listen = "listen " + f.addr + " ssl;\n" + f.tls
	}
	var temp strings.Builder
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temp, "%s_temp_path {dir}/%s;\n", what, what)
	}
	return user + `
daemon off;
worker_processes 1;
pid {dir}/pid;
events { worker_connections 256; }
http {
access_log off;
` + temp.String() + `
server {
` + listen + `
` + body + `
}
}
`
}

func haproxyConfig(f *front, body string) string {
	return `
global
	maxconn 256
	tune.ssl.default-dh-param 2048
defaults
	mode http
	timeout connect 2s
	timeout client 30s
	timeout server 30s
frontend in
	bind ` + strings.TrimSpace(f.addr+" "+f.tls) + `
	http-request return status 200 content-type text/plain string "in use" if { path ` + f.mark() + ` }
	` + body + `
backend receiver
	server one {receiver}
`
}

func caddyConfig(f *front, body string) string {
	scheme := "http"
	if f.tls != "" {
		scheme = "https"
	}
	return `
{
	admin ` + f.admin + `
	auto_https off
	persist_config off
	default_sni localhost
	servers {
		protocols h1
		strict_sni_host insecure_off
	}
}
` + scheme + `://:` + strconv.Itoa(mustPort(f.addr)) + ` {
	bind 127.0.0.1
	` + f.tls + `
	` + body + `
}
`
}

func mustPort(addr string) int {
	n, err := strconv.Atoi(port(addr))
	if err != nil {
		panic(err)
	}
	return n
}

func tail(s string, n int) string {
	lines := strings.SplitAfter(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}
