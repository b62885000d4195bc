package deploy

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// The alerts pass the parser that promtool uses, and ask for metrics that the
// program has.
func TestAlerts(t *testing.T) {
	groups, errs := rulefmt.ParseFile(
		"prometheus/alerts.yaml",
		false,
		model.UTF8Validation,
		parser.NewParser(parser.Options{}),
		slog.New(slog.DiscardHandler),
	)
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) == 0 {
		t.Fatal("no alerts")
	}
	source := metricsSource(t)
	metric := regexp.MustCompile(`ollama_hec_(\w+)`)
	asked := 0
	for _, rule := range groups.Groups[0].Rules {
		for _, name := range metric.FindAllStringSubmatch(rule.Expr, -1) {
			asked++
			if !strings.Contains(source, `"`+name[1]+`"`) && !strings.Contains(source, `"`+name[0]+`"`) {
				t.Errorf("%s asks for %s, which is no metric", rule.Alert, name[0])
			}
		}
	}
	if asked < len(groups.Groups[0].Rules)-1 { // up is Prometheus' own
		t.Errorf("%d metrics in %d alerts", asked, len(groups.Groups[0].Rules))
	}
}

// metricsSource is where the metrics are named.
func metricsSource(t *testing.T) string {
	files, err := filepath.Glob("../../internal/metrics/[a-z]*[a-su-z].go") // but for tests
	if err != nil || len(files) == 0 {
		t.Fatalf("the metrics are elsewhere: %v", err)
	}
	var all strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
