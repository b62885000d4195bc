package detections

// Baseline is a saved search that keeps a table for a detection. It finds nothing itself.
type Baseline struct {
	Name, ID    string
	Search      string
	Cron        string
	Window      Window
	Description string
}

const sourceBaseline = "Ollama Source Baseline"

// Baselines returns the searches that keep tables.
func Baselines() []Baseline {
	return []Baseline{
		{
			Name: sourceBaseline,
			ID:   "85540f72-f578-4e92-97c5-6d40c5fec2da",
			Search: "(`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`\n" +
				accessLineFields + sourceOf + ofOllama +
				"| stats min(_time) as first_seen, max(_time) as last_seen by host, client\n" +
				"| rename client as src\n" +
				"| inputlookup append=true " + KnownSources.Name + "\n" +
				"| stats min(first_seen) as first_seen, max(last_seen) as last_seen by host, src\n" +
				"| eventstats max(last_seen) as newest\n" +
				"| where last_seen > newest - 7776000\n" +
				"| sort 0 host, first_seen\n" +
				"| table host, src, first_seen, last_seen\n" +
				"| outputlookup " + KnownSources.Name,
			Cron: "47 * * * *",
			// The hour that the detection has judged 20 minutes before; its start is not spread.
			Window: Window{"-24h@h", "+1h@h", "-100m@m", "-40m@m"},
			Description: "Keeps the table ollama_known_sources for the detection Ollama Source First Seen: which address has used which server " +
				"since when. Sources that have not been seen for 90 days are forgotten. It needs the add-on's files. Enable it a week before the " +
				"detection, or run it once over the past with a wide time range.",
		},
	}
}

// Settings returns the keys of the baseline's stanza in savedsearches.conf.
func (b Baseline) Settings() []Setting {
	return []Setting{
		{"search", b.Search},
		{"description", b.Description},
		{"disabled", "true"},
		{"enableSched", "1"},
		{"is_visible", "true"},
		{"realtime_schedule", "0"},
		{"cron_schedule", b.Cron},
		{"dispatch.earliest_time", b.Window.Earliest},
		{"dispatch.latest_time", b.Window.Latest},
		{"dispatch.index_earliest", b.Window.IndexEarliest},
		{"dispatch.index_latest", b.Window.IndexLatest},
	}
}
