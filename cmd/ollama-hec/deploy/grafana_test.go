package deploy

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
	"github.com/prometheus/prometheus/promql/parser"
)

var update = flag.Bool("update", false, "write the dashboard, and the chart's copies and table of values, anew")

const grafanaJSON = "grafana/ollama-hec.json"

// query is an expression of PromQL and what its series are called.
type query struct{ expr, legend string }

// panel is what a panel shows. One with a threshold is a number that turns red from there on.
type panel struct {
	title, help, unit string
	redFrom           float64
	queries           []query
}

// numbers stand in a row at the top: each says at a glance whether something is wrong.
var numbers = []panel{
	{"Shippers that do not answer", "Look at the service's own log.", "short", 1,
		[]query{{`count(up{job="ollama-hec", instance=~"$instance"} == 0) or vector(0)`, ""}}},
	{"Endpoints that take nothing", "ollama-hec check says what is wrong.", "short", 1,
		[]query{{`count(ollama_hec_ready{instance=~"$instance"} == 0) or vector(0)`, ""}}},
	{"Longest wait of a line", "ollama-hec status says in which file.", "s", 300,
		[]query{{`max(ollama_hec_lag_seconds{instance=~"$instance"})`, ""}}},
	{"Dead letters in a day", "Events that Splunk rejected for good: ollama-hec dead-letter list says why.", "short", 1,
		[]query{{`sum(increase(ollama_hec_dead_letters_total{instance=~"$instance"}[1d]))`, ""}}},
	{"Bytes of log lost in a day", "A log was deleted or overwritten before it was read.", "bytes", 1,
		[]query{{`sum(increase(ollama_hec_lost_bytes_total{instance=~"$instance"}[1d]))`, ""}}},
	{"Bytes delivered in a day", "Of events with their envelope, before gzip; the licence counts less.", "bytes", 0,
		[]query{{`sum(increase(ollama_hec_event_bytes_total{instance=~"$instance"}[1d]))`, ""}}},
}

// delivery is how logs get to Splunk.
var delivery = []panel{
	{"Events delivered", "", "eps", 0, []query{
		{`sum by (sourcetype) (rate(ollama_hec_events_total{instance=~"$instance"}[$__rate_interval]))`, "{{sourcetype}}"}}},
	{"Waiting", "Age of the oldest line that is not delivered yet.", "s", 0, []query{
		{`ollama_hec_lag_seconds{instance=~"$instance"}`, "{{instance}}"}}},
	{"Replies", "By HEC code: 0 is accepted; none is no reply.", "reqps", 0, []query{
		{`sum by (code) (rate(ollama_hec_replies_total{instance=~"$instance"}[$__rate_interval]))`, "code {{code}}"}}},
	{"Time to a reply, and to its acknowledgment", "", "s", 0, []query{
		{`histogram_quantile(0.5, sum by (le) (rate(ollama_hec_delivery_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`,
			"reply, median"},
		{`histogram_quantile(0.99, sum by (le) (rate(ollama_hec_delivery_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`,
			"reply, 99th percentile"},
		{`histogram_quantile(0.99, sum by (le) (rate(ollama_hec_ack_seconds_bucket{instance=~"$instance"}[$__rate_interval])))`,
			"acknowledgment, 99th percentile"}}},
	{"Network", "Bodies of requests, after gzip.", "Bps", 0, []query{
		{`sum by (instance) (rate(ollama_hec_sent_bytes_total{instance=~"$instance", stage="gzip"}[$__rate_interval]))`, "{{instance}}"}}},
	{"What arrives twice, or late", "Requests that may arrive twice, and acknowledgments that did not come.", "short", 0, []query{
		{`sum(increase(ollama_hec_ambiguous_requests_total{instance=~"$instance"}[$__rate_interval]))`, "no clear reply"},
		{`sum(increase(ollama_hec_ack_timeouts_total{instance=~"$instance"}[$__rate_interval]))`, "no acknowledgment"}}},
	{"CPU", "Of one core.", "percentunit", 0, []query{
		{`rate(process_cpu_seconds_total{job="ollama-hec", instance=~"$instance"}[$__rate_interval])`, "{{instance}}"}}},
	{"Memory", "", "bytes", 0, []query{
		{`process_resident_memory_bytes{job="ollama-hec", instance=~"$instance"}`, "{{instance}}"}}},
}

// captured is what those who capture tell; without them it is empty.
var captured = []panel{
	{"Requests and connections captured", "", "reqps", 0, []query{
		{`sum by (by) (rate(ollama_hec_capture_requests_total{instance=~"$instance"}[$__rate_interval]))`, "requests, {{by}}"},
		{`sum by (by) (rate(ollama_hec_capture_connections_total{instance=~"$instance"}[$__rate_interval]))`, "connections, {{by}}"}}},
	{"Who captures", "1 while it runs.", "short", 0, []query{
		{`ollama_hec_capture_up{instance=~"$instance"}`, "{{instance}} {{by}}"}}},
	{"Not captured", "Bytes that were never seen, packets that came too fast, and records for which the spool had no room.", "short", 0,
		[]query{
			{`sum(increase(ollama_hec_capture_lost_bytes_total{instance=~"$instance"}[$__rate_interval]))`, "bytes"},
			{`sum(increase(ollama_hec_capture_dropped_packets_total{instance=~"$instance"}[$__rate_interval]))`, "packets"},
			{`sum(increase(ollama_hec_capture_lost_connections_total{instance=~"$instance"}[$__rate_interval]))`, "connections"},
			{`sum(increase(ollama_hec_capture_spool_lost_full_total{instance=~"$instance"}[$__rate_interval]))`, "records, spool full"},
			{`sum(increase(ollama_hec_capture_spool_lost_disk_total{instance=~"$instance"}[$__rate_interval]))`, "records, disk"},
			{`sum(increase(ollama_hec_capture_spool_lost_queue_total{instance=~"$instance"}[$__rate_interval]))`, "records, too fast"}}},
	{"Spool", "What is captured and not yet delivered.", "bytes", 0, []query{
		{`ollama_hec_spool_bytes{instance=~"$instance"}`, "{{instance}}"}}},
}

// waiting are the files that wait longest.
var waiting = panel{"Files that wait longest", "", "s", 0, []query{
	{`topk(10, ollama_hec_file_lag_seconds{instance=~"$instance"})`, "{{instance}} {{path}}"}}}

var source = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

func (p panel) targets() (all []cog.Builder[variants.Dataquery]) {
	for i, q := range p.queries {
		all = append(all, prometheus.NewDataqueryBuilder().
			RefId(string(rune('A'+i))).Expr(q.expr).LegendFormat(q.legend).Datasource(source))
	}
	return all
}

func (p panel) number() cog.Builder[dashboard.Panel] {
	steps := []dashboard.Threshold{{Color: "green"}}
	if p.redFrom > 0 {
		steps = append(steps, dashboard.Threshold{Value: &p.redFrom, Color: "red"})
	}
	return stat.NewPanelBuilder().Title(p.title).Description(p.help).Unit(p.unit).Datasource(source).Targets(p.targets()).
		Height(4).Span(4).ColorMode(common.BigValueColorModeValue).GraphMode(common.BigValueGraphModeArea).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)).NoValue("no data")
}

func (p panel) chart() cog.Builder[dashboard.Panel] {
	return timeseries.NewPanelBuilder().Title(p.title).Description(p.help).Unit(p.unit).
		Datasource(source).Targets(p.targets()).
		Height(8).Span(12).Min(0).FillOpacity(10).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
}

func (p panel) bars() cog.Builder[dashboard.Panel] {
	return bargauge.NewPanelBuilder().Title(p.title).Description(p.help).Unit(p.unit).
		Datasource(source).Targets(p.targets()).
		Height(8).Span(24).Min(0).Orientation(common.VizOrientationHorizontal).DisplayMode(common.BarGaugeDisplayModeBasic).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// grafana builds the dashboard, in the first version of Grafana's schema: every Grafana imports that.
func grafana(t *testing.T) []byte {
	t.Helper()
	d := dashboard.NewDashboardBuilder("ollama-hec").Uid("ollama-hec").Tags([]string{"ollama", "splunk"}).Editable().
		Description("Delivery of Ollama's logs to Splunk, and what is captured.").
		Refresh("30s").Time("now-6h", "now").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		WithVariable(dashboard.NewQueryVariableBuilder("instance").Label("Shipper").Datasource(source).
			Query(dashboard.StringOrMap{String: cog.ToPtr(`label_values(up{job="ollama-hec"}, instance)`)}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc).
			Multi(true).IncludeAll(true).AllValue(".*"))
	for _, p := range numbers {
		d.WithPanel(p.number())
	}
	d.WithRow(dashboard.NewRowBuilder("Delivery"))
	for _, p := range delivery {
		d.WithPanel(p.chart())
	}
	d.WithPanel(waiting.bars())
	d.WithRow(dashboard.NewRowBuilder("Captured requests and connections"))
	for _, p := range captured {
		d.WithPanel(p.chart())
	}
	built, err := d.Build()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(built, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// The dashboard's file is what is built here, passes Grafana's own types without a field that they
// do not know, and its expressions are PromQL on metrics that the program prints.
func TestGrafana(t *testing.T) {
	want := grafana(t)
	if *update {
		if err := os.WriteFile(grafanaJSON, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, grafanaJSON)
	if got != string(want) {
		t.Errorf("%s is behind: go test . -run Grafana -update", grafanaJSON)
	}
	d, err := strictly(got)
	if err != nil {
		t.Fatal(err)
	}
	for sane, odd := range map[string]string{
		`"fiscalYearStartMonth"`: `"fiscalMonth"`, `"type": "stat",`: `"type": "stat", "colour": 1,`,
		`"graphMode": "area"`: `"graphMode": "area", "colour": 1`, `"y": 0`: `"y": "0"`,
		`"legendFormat": ""`: `"legendFormatted": ""`,
	} {
		if _, err := strictly(strings.Replace(got, sane, odd, 1)); err == nil {
			t.Errorf("%s in place of %s is let through", odd, sane)
		}
	}
	exprs := expressions(t, d)
	if len(exprs) < 20 {
		t.Fatalf("%d expressions", len(exprs))
	}
	printed := printedMetrics(t)
	for _, expr := range exprs {
		plain := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(expr)
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(plain)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		asksFor(t, expr, parsed, printed)
	}
	taken(t, d)
}

// strictly reads a dashboard with Grafana's own types.
func strictly(text string) (d dashboard.Dashboard, err error) {
	plugins.RegisterDefaultPlugins()
	err = new(dashboard.Dashboard).UnmarshalJSONStrict([]byte(text))
	if none := (cog.BuildErrors{}); errors.As(err, &none) && len(none) == 0 {
		err = nil // a list of no errors is an error to those types, which then fill in nothing
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &d)
	}
	if err == nil {
		err = d.Validate()
	}
	return d, err
}

// expressions are those of all panels.
func expressions(t *testing.T, d dashboard.Dashboard) (all []string) {
	t.Helper()
	for _, p := range d.Panels {
		if p.Panel == nil {
			continue
		}
		for _, target := range p.Panel.Targets {
			q, ok := target.(*prometheus.Dataquery)
			if !ok {
				t.Fatalf("%v is no query of Prometheus but %T", *p.Panel.Title, target)
			}
			all = append(all, q.Expr)
		}
	}
	return all
}

// taken reports panels that lie on each other, or beyond the 24 columns.
func taken(t *testing.T, d dashboard.Dashboard) {
	t.Helper()
	at := map[[2]uint32]string{}
	for _, p := range d.Panels {
		if p.Panel == nil {
			continue
		}
		g := p.Panel.GridPos
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, there := at[[2]uint32{x, y}]; there || x >= 24 {
					t.Fatalf("%s lies on %q", *p.Panel.Title, other)
				}
				at[[2]uint32{x, y}] = *p.Panel.Title
			}
		}
	}
}

// printedMetrics are the metrics that METRICS_ADDR prints: the page of them is held to that.
func printedMetrics(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{"up": true, "process_cpu_seconds_total": true, "process_resident_memory_bytes": true}
	for _, m := range regexp.MustCompile("(?m)^\\| `(ollama_hec_\\w+)` \\| (\\w+)").FindAllStringSubmatch(read(t, "../METRICS.md"), -1) {
		names[m[1]] = true
		if m[2] == "histogram" {
			names[m[1]+"_bucket"] = true
		}
	}
	if len(names) < 50 {
		t.Fatalf("%d metrics on the page", len(names))
	}
	return names
}

// asksFor reports metrics in an expression that are not printed.
func asksFor(t *testing.T, of string, expr parser.Expr, printed map[string]bool) {
	t.Helper()
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok && !printed[s.Name] {
			t.Errorf("%s asks for %s, which is no metric", of, s.Name)
		}
		return nil
	})
}
