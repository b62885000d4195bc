package metrics

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// writers is two who capture.
type writers struct{ counts map[string]int64 }

func (writers) Describe(chan<- *prometheus.Desc) {}

func (w writers) Collect(out chan<- prometheus.Metric) {
	sender{out}.writer("capture", true, w.counts)
	sender{out}.writer("proxy", false, map[string]int64{"requests": 1})
}

func TestFiguresOfThoseWhoCapture(t *testing.T) {
	counts := map[string]int64{"unheard_of": 9}
	for i, of := range captureCounts {
		counts[of.count] = int64(i + 10)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(writers{counts})
	families, err := registry.Gather()
	if err != nil || len(families) != len(captureCounts)+1 {
		t.Fatalf("%d metrics, want %d: %v", len(families), len(captureCounts)+1, err)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			got[f.GetName()+" "+m.Label[0].GetValue()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"ollama_hec_capture_up capture": 1, "ollama_hec_capture_up proxy": 0,
		"ollama_hec_capture_requests_total capture": float64(counts["requests"]), "ollama_hec_capture_requests_total proxy": 1,
		"ollama_hec_capture_spool_lost_disk_total capture": float64(counts["spool_lost_disk"]),
	} {
		if is, there := got[name]; !there || is != want {
			t.Errorf("%s is %v, want %v", name, is, want)
		}
	}
}
