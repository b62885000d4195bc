package metrics

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/receiver"
	"ollama-hec/input/file"
)

// running is a shipper on one file, with its metrics served.
func running(t *testing.T, faults ...receiver.FaultFunc) (r *receiver.Receiver, url string) {
	t.Helper()
	return runningOn(t, []string{"o.log"}, faults...)
}

// runningOn is running on files of those names.
func runningOn(t *testing.T, names []string, faults ...receiver.FaultFunc) (r *receiver.Receiver, url string) {
	t.Helper()
	return runningWith(t, names, func(*settings.Settings, *Deps) {}, faults...)
}

// runningWith is runningOn with other settings, or values to serve.
func runningWith(t *testing.T, names []string, with func(*settings.Settings, *Deps), faults ...receiver.FaultFunc) (
	r *receiver.Receiver, url string,
) {
	t.Helper()
	dir := t.TempDir()
	for i, name := range names {
		if err := os.WriteFile(
			filepath.Join(dir, name),
			fmt.Appendf(nil, "time=2026-01-01T00:00:00.%03dZ level=INFO msg=one\n", i),
			0o600,
		); err != nil {
			t.Skipf("no file can have that name here: %v", err)
		}
	}
	r = receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: "t", Ack: true}}})
	for _, f := range faults {
		r.SetFault(f)
	}
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s, err := settings.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	s.URL, s.Token, s.Host = settings.List{r.URL()}, "t", "h"
	s.Paths, s.StateDir = settings.List{filepath.Join(dir, "*.log")}, filepath.Join(dir, "state")
	watch := new(lag.Watch)
	deps := Deps{Lag: watch, Latencies: NewLatencies()}
	with(s, &deps)
	log := slog.New(slog.DiscardHandler)
	out, err := app.Collector(s, app.Delivery{Observer: deps.Latencies, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	sh, err := app.New(t.Context(), s, out, app.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	deps.Shipper = sh
	server, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{}, 4)
	go func() { r.Serve(ctx); done <- struct{}{} }()
	go func() {
		server.Serve(ctx, deps, log)
		done <- struct{}{}
	}()
	go func() { watch.Run(ctx, 10*time.Millisecond, sh.Files); done <- struct{}{} }()
	go func() {
		if err := sh.Run(ctx); err != nil {
			t.Error(err)
		}
		done <- struct{}{}
	}()
	t.Cleanup(func() {
		stop()
		for range 4 {
			<-done
		}
	})
	return r, "http://" + server.Addr()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("still waiting until %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func TestMetricsTellWhatHappened(t *testing.T) {
	_, url := running(t)
	var text string
	eventually(t, "the event is counted", func() bool {
		_, text = get(t, url+"/metrics")
		return strings.Contains(text, `ollama_hec_events_total{sourcetype="ollama:server"} 1`)
	})
	for _, want := range []string{"ollama_hec_lines_read_total 1", "ollama_hec_ready 1", `ollama_hec_replies_total{code="0"} 1`,
		"ollama_hec_ack_seconds_count 1", "ollama_hec_delivery_seconds_count 1", "ollama_hec_files 1", "ollama_hec_file_lag_bytes{path=",
		"ollama_hec_file_lag_seconds{path=", "ollama_hec_lag_bytes ", "ollama_hec_lag_seconds ", "ollama_hec_build_info{",
		"ollama_hec_last_success_timestamp_seconds "} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("names: %v, %v", problems, err)
	}
}

// A file that waits is shown with its age, which is gone once it is delivered.
func TestLagFollowsDelivery(t *testing.T) {
	r, url := running(t, receiver.Always(receiver.Fault{Code: 9}))
	waits := regexp.MustCompile(`(?m)^ollama_hec_file_lag_seconds\{path=".*o\.log"\} (?:0\.0*[1-9]|[1-9])`)
	eventually(t, "the line is seen to wait", func() bool {
		_, text := get(t, url+"/metrics")
		return waits.MatchString(text) && strings.Contains(text, "ollama_hec_lag_bytes 49")
	})
	r.SetFault(nil)
	eventually(t, "nothing waits any more", func() bool {
		_, text := get(t, url+"/metrics")
		return strings.Contains(text, "\nollama_hec_lag_seconds 0\n") && strings.Contains(text, "\nollama_hec_lag_bytes 0\n")
	})
}

// collectorFunc is a collector that is one function.
type collectorFunc func(chan<- prometheus.Metric)

func (collectorFunc) Describe(chan<- *prometheus.Desc)       {}
func (c collectorFunc) Collect(out chan<- prometheus.Metric) { c(out) }

// However many files there are, the series are few, the sums are of all, and
// the worst file is among those shown.
func TestSeriesAreBounded(t *testing.T) {
	var files []file.FileStatus
	for i := range 5000 {
		files = append(files, file.FileStatus{Key: fmt.Sprint(i), Path: fmt.Sprintf("/%d.log", i), Whole: 10, Lag: 10})
	}
	watch, now := new(lag.Watch), time.Unix(1_700_000_000, 0)
	watch.Look(now, files[4321:4322])
	watch.Look(now.Add(time.Minute), files)
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectorFunc(func(out chan<- prometheus.Metric) { lags(sender{out}, watch.Files(now.Add(time.Hour))) }),
	)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		switch name := f.GetName(); name {
		case "ollama_hec_lag_bytes":
			if got := f.Metric[0].GetGauge().GetValue(); got != 50_000 {
				t.Errorf("%s %v", name, got)
			}
		case "ollama_hec_lag_seconds":
			if got := f.Metric[0].GetGauge().GetValue(); got != 3600 {
				t.Errorf("%s %v", name, got)
			}
		default:
			if len(f.Metric) != filesMax || !strings.Contains(f.String(), `"/4321.log"`) {
				t.Errorf("%s: %d series", name, len(f.Metric))
			}
		}
	}
	if len(families) != 4 {
		t.Errorf("%d families", len(families))
	}
}

func TestReadyFollowsTheEndpoint(t *testing.T) {
	_, url := running(t)
	eventually(t, "it is ready", func() bool { status, _ := get(t, url+"/readyz"); return status == http.StatusOK })
	if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
		t.Errorf("healthz %d", status)
	}
	down, url := running(t, receiver.Always(receiver.Fault{Code: 4}))
	eventually(t, "it says why it is not ready", func() bool {
		status, body := get(t, url+"/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "Invalid token")
	})
	down.SetFault(nil)
	eventually(t, "it is ready again", func() bool { status, _ := get(t, url+"/readyz"); return status == http.StatusOK })
}

func TestTakenAddressNamesTheSetting(t *testing.T) {
	first, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.listener.Close()
	if _, err := Listen(first.Addr()); err == nil || !strings.Contains(err.Error(), "METRICS_ADDR") {
		t.Errorf("got %v", err)
	}
}

// Whoever may make a file beside the logs may name it as he likes.
func TestNoNameOfAFileBreaksMetrics(t *testing.T) {
	names := []string{"a\xffb.log", `a\xffb.log`, "c\nd.log", "e\x1b[31m.log", `quo"te.log`, "plain.log"}
	_, url := runningOn(t, names, receiver.Always(receiver.Fault{Code: 9}))
	var last string
	for range 500 {
		resp, err := http.Get(url + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		last = string(text)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v:\n%s", resp.StatusCode, err, text)
		}
		if strings.Count(last, "\nollama_hec_file_lag_bytes{") == len(names) {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if strings.Contains(last, "\x1b") || strings.Count(last, "\nollama_hec_file_lag_bytes{") != len(names) ||
		!strings.Contains(last, "\nollama_hec_lines_read_total") {
		t.Errorf("got\n%s", last)
	}
}
