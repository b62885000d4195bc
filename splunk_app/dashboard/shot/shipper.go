package main

import (
	"math"
	"time"
)

// version is any: the pictures should not change with each.
const version = "1.0.0"

// trouble is when Splunk takes nothing from a host for a while.
var trouble = map[string][2]time.Duration{
	"gpu-03": {9*time.Hour + 10*time.Minute, 9*time.Hour + 50*time.Minute},
	"gpu-05": {23*time.Hour + 40*time.Minute, 25 * time.Hour},
}

// shipper is what the shipper of a host says of itself, every five minutes.
func (m *maker) shipper(h host) {
	events, retries, dead, lag := 0, 0, 0, 0.4
	for since := 5 * time.Minute; since < 24*time.Hour; since += 5 * time.Minute {
		at := start.Add(since - time.Second)
		if h.name == "lab-01" && since > 19*time.Hour {
			break // switched off
		}
		pause, ok := trouble[h.name]
		if ok && since > pause[0] && since < pause[1] {
			lag += 300
			retries += 4
		} else {
			if lag > 60 && h.name == "gpu-03" {
				dead += 2
			}
			lag = 0.3 + math.Round(10*m.ExpFloat64())/10
			events += int(60 * h.busy * load(at) * (0.8 + 0.4*m.Float64()))
		}
		m.add(h.name, "ollama:hec:health", at, map[string]any{
			"version": version, "commit": "0123456789ab", "uptime_seconds": since.Seconds(),
			"events_server": events, "events_api": events / 3, "events_prompts": events / 9,
			"retries": retries, "dead_letters": dead, "lost_bytes": 0,
			"files": 2, "lag_bytes": int(lag * 900), "lag_seconds": lag, "lag_file": "/var/log/ollama/server.log",
			"memory_bytes": 17_000_000 + m.IntN(4_000_000),
		})
	}
	if h.captured {
		m.add(h.name, "ollama:hec:health", start.Add(time.Minute), map[string]any{
			"origin": "capture", "capture_started": true, "pid": 611, "version": version, "captures": "requests,connections",
		})
	}
	if h.name == "gpu-01" {
		m.add(h.name, "ollama:hec:health", start.Add(14*time.Hour), map[string]any{
			"origin": "capture", "lost_records": 12, "lost_queue": 12, "since": "2026-01-07T13:59:00Z",
		})
	}
}
