package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// own passes on what a collector of a process counts, without the traffic of the network: the kernel
// counts that for all processes together.
type own struct{ process prometheus.Collector }

// ofTheMachine begins what the description of such a metric says first.
const ofTheMachine = `Desc{fqName: "process_network_`

func (o own) Describe(out chan<- *prometheus.Desc) {
	pass(out, o.process.Describe, func(d *prometheus.Desc) *prometheus.Desc { return d })
}

func (o own) Collect(out chan<- prometheus.Metric) {
	pass(out, o.process.Collect, prometheus.Metric.Desc)
}

// pass sends on what collect sends, but for metrics of the whole machine.
func pass[T any](out chan<- T, collect func(chan<- T), desc func(T) *prometheus.Desc) {
	all := make(chan T)
	go func() {
		defer close(all)
		collect(all)
	}()
	for each := range all {
		if !strings.HasPrefix(desc(each).String(), ofTheMachine) {
			out <- each
		}
	}
}
