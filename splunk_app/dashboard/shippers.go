package dashboard

const needsHealth = "set HEALTH_EVENTS=60s for ollama-hec run."

// shippers is how the programs are that ship the logs.
func shippers() []Row {
	return []Row{
		{short, shipperNumbers()},
		{medium, []Panel{
			{
				ID: "lag", Title: "Longest wait of a line, by host", Kind: Line, Base: reports,
				Look:   lines("seconds"),
				Search: "| timechart minspan=5m max(lag_most) by host",
				Note:   "Read and not yet taken by Splunk.", Empty: needsHealth, Click: health + " host=$name|s$",
			},
			{
				ID: "delivered", Title: "Events delivered, by host", Kind: Column, Base: reports, Look: stacked(),
				Search: "| timechart minspan=5m sum(events) by host",
				Empty:  needsHealth, Click: health + " host=$name|s$",
			},
		}},
		{medium, []Panel{{
			ID: "each_shipper", Title: "Each shipper", Kind: Table, Base: reports, Columns: []Field{
				{Name: "host", Width: 75}, {Name: "version", Width: 88}, {Name: "last_seen", Width: 125},
				{Name: "files", Width: 68}, {Name: "events", Width: 82},
				{Name: "lag_seconds", Width: 115, Warn: 60, Bad: 300}, {Name: "lag_file", Width: 120},
				{Name: "retries", Width: 85, Warn: 10, Bad: 100},
				{Name: "dead_letters", Width: 118, Bad: 1}, {Name: "lost_bytes", Width: 105, Bad: 1},
				{Name: "memory_mb", Width: 112}, {Name: "checkpoint_error", Width: 140},
			},
			Search: "| stats last(version) as version, max(seen) as seen, last(files) as files, sum(events) as events, last(lag_seconds) as lag_seconds, " +
				"last(lag_file) as lag_file, sum(retries) as retries, sum(dead_letters) as dead_letters, sum(lost_bytes) as lost_bytes, " +
				"last(memory_bytes) as memory_bytes, last(checkpoint_error) as checkpoint_error by host\n" +
				"| eval memory_mb=round(memory_bytes/1048576, 1), lag_seconds=round(lag_seconds, 1)\n" + lastSeen + "\n| sort - lag_seconds",
			Note:  "lag_seconds: how long the oldest line of lag_file has waited. dead_letters: refused by Splunk for good, kept on the host.",
			Empty: needsHealth, Click: health + " host=$row.host.value|s$",
		}}},
		{medium, []Panel{
			{
				ID: "trouble", Title: "Retries and dead letters", Kind: Column, Base: reports,
				Look:   stacked().with(object{"seriesColorsByField": object{"retries": amber, "dead_letters": red}}),
				Search: "| timechart minspan=5m sum(retries) as retries, sum(dead_letters) as dead_letters", Empty: needsHealth,
				Click: health,
			},
			{
				ID: "capture_losses", Title: "What capture started and lost", Kind: Table, Columns: []Field{
					{Name: "host", Width: 170}, {Name: "origin", Width: 90}, {Name: "starts", Width: 85},
					{Name: "lost_records", Width: 120, Bad: 1},
					{Name: "last_seen", Width: 130},
				},
				Search: health + " origin=*\n| stats count(eval(capture_started=\"true\")) as starts, sum(lost_records) as lost_records, max(_time) as seen by host, origin\n" +
					lastSeen + "\n| sort - lost_records",
				Note: "Records that never got to the disk.", Empty: "capture was not started in this time.",
				Click: health + " origin=$row.origin.value|s$ host=$row.host.value|s$",
			},
		}},
	}
}

func shipperNumbers() []Panel {
	return []Panel{
		{
			ID: "shippers", Title: "Shippers", Kind: Single, Base: reports,
			Search: "| stats dc(host) as shippers", Empty: "0: " + needsHealth, Click: health,
		},
		{
			ID: "gone", Title: "Silent for 10 minutes", Kind: Single, Base: reports, Look: judged(1, 1),
			Search: "| stats max(seen) as seen, max(until) as until by host\n| where until-seen>600\n| stats count as silent",
			Note:   "Of those seen in this time: how many said nothing in its last 10 minutes.",
			Empty:  "0: none is; of one that said nothing in all this time nothing is known.", Click: health,
		},
		{
			ID: "longest", Title: "Longest wait now", Kind: Single, Base: reports,
			Look:   judged(60, 300).with(object{"unit": "s", "numberPrecision": 1}),
			Search: "| stats last(lag_seconds) as lag by host\n| stats max(lag) as lag\n| eval lag=round(lag, 1)\n| where isnotnull(lag)", Empty: needsHealth, Click: health + " lag_seconds>=60",
		},
		{
			ID: "dead", Title: "Dead letters", Kind: Single, Base: reports, Look: judged(1, 1),
			Search: "| stats sum(dead_letters) as dead_letters\n| eval dead_letters=coalesce(dead_letters, 0)",
			Note:   "Events that Splunk refused for good in this time.", Empty: "0: none.", Click: health + " dead_letters>0",
		},
		{
			ID: "lost", Title: "Lost bytes", Kind: Single, Base: reports, Look: judged(1, 1),
			Search: "| stats sum(lost_bytes) as lost_bytes\n| eval lost_bytes=coalesce(lost_bytes, 0)",
			Note:   "Of files that were gone before they were read.", Empty: "0: none.", Click: health + " lost_bytes>0",
		},
	}
}
