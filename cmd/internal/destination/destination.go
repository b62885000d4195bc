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
	if s.SCSTenant != "" {
		return tenant(s, d)
	}
	return app.Collector(s, d)
}
