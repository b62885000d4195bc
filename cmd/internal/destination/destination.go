// Package destination is where the settings have events go: to HEC, or to a tenant of
// Splunk Cloud Services.
//
// It stands apart from package app so that the modular input, which knows neither the
// tenant nor its settings, does without the SDK of that service.
package destination

import (
	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/settings"
)

// Open returns the output that the settings ask for. Wrong settings are a
// *settings.Error.
func Open(s *settings.Settings, d app.Delivery) (app.Output, error) {
	switch {
	case s.SCSTenant != "":
		return tenant(s, d)
	case len(s.URL) == 0:
		return app.Output{}, settings.Invalid("URL", "not set: give the base URL of HEC, such as https://splunk:8088, "+
			"or a tenant of Splunk Cloud Services in SCS_TENANT")
	}
	return app.Collector(s, d)
}
