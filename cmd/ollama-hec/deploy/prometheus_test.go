package deploy

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
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
	printed := printedMetrics(t)
	asked := 0
	for _, rule := range groups.Groups[0].Rules {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
		if err != nil {
			t.Fatal(err)
		}
		asksFor(t, rule.Alert, expr, printed)
		asked += strings.Count(rule.Expr, "ollama_hec_")
	}
	if asked < len(groups.Groups[0].Rules)-1 { // up is Prometheus' own
		t.Errorf("%d metrics in %d alerts", asked, len(groups.Groups[0].Rules))
	}
}

// Prometheus reads the scrape configuration, its rules are there, and the job has the name that
// alerts and dashboard ask for.
func TestScrapeConfiguration(t *testing.T) {
	c, err := config.LoadFile("prometheus/prometheus.yaml", false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.ScrapeConfigs) != 1 || !strings.Contains(read(t, "prometheus/alerts.yaml"), `job="`+c.ScrapeConfigs[0].JobName+`"`) ||
		!strings.Contains(read(t, grafanaJSON), `job=\"`+c.ScrapeConfigs[0].JobName+`\"`) {
		t.Errorf("jobs: %+v", c.ScrapeConfigs)
	}
	for _, name := range c.RuleFiles {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}
