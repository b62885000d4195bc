package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/receiver"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/testdata/corpus"
)

// demoToken is the token of the demo's own receiver, which lives for a second.
const demoToken = "00000000-0000-0000-0000-000000000000"

func newDemo(std streams) *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "run the whole path on embedded parts: sample logs, shipper, receiver, detections",
		Long: "demo ships logs that real Ollama servers wrote, through everything that run uses, to an embedded HEC receiver\n" +
			"with acknowledgment, and prints what arrived and what the detections find in it. Some requests to a fake Ollama\n" +
			"by way of proxy come with it. Nothing leaves this machine.\n" +
			"With --report it also writes the page that report makes of it.",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "ollama-hec-demo-")
			if err != nil {
				return err
			}
			defer os.RemoveAll(dir)
			logs := filepath.Join(dir, "logs")
			if err := os.CopyFS(logs, corpus.Logs); err != nil {
				return fmt.Errorf("lay out the sample logs: %w", err)
			}
			return demo(cmd.Context(), logs, filepath.Join(dir, "state"), page, std)
		}),
	}
	cmd.Flags().StringVar(&page, "report", "", "file to write the report to, as a page")
	return cmd
}

// demo ships the logs of a directory and prints the summary; page is the file of the report, if any.
func demo(ctx context.Context, logs, state, page string, std streams) error {
	got := new(arrivals)
	r := receiver.New(receiver.Options{
		Tokens: []receiver.Token{{Value: demoToken, Ack: true}},
		Event:  got.add,
	})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	defer r.Close()
	go r.Serve(ctx)

	log := slog.New(slog.DiscardHandler)
	s, err := settings.Defaults()
	if err != nil {
		return err
	}
	s.URL = settings.List{r.URL()}
	s.Token = demoToken
	s.Paths = settings.List{filepath.Join(logs, "*.log")}
	s.StateDir = state
	s.Host = "demo"
	if err := talkThroughProxy(ctx, s, log); err != nil {
		return fmt.Errorf("ask a fake Ollama: %w", err)
	}
	output, err := app.Collector(s, app.Delivery{FailFast: true, Log: log})
	if err != nil {
		return err
	}
	sh, err := app.New(ctx, s, output, app.Options{Once: true, Log: log})
	if err != nil {
		return err
	}
	if err := sh.Run(ctx); err != nil {
		return err
	}
	if err := got.print(std.out, sh); err != nil || page == "" {
		return err
	}
	return got.page(page, std)
}

// arrivals are the events that the demo's receiver has accepted.
type arrivals struct {
	mu     sync.Mutex
	events []detections.Event
}

// add keeps an event as Splunk would store it: the text if it is a string, else the JSON.
func (a *arrivals) add(ev receiver.Event) {
	raw := string(ev.Event)
	var text string
	if json.Unmarshal(ev.Event, &text) == nil {
		raw = text
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, detections.Event{
		Sourcetype: ev.Sourcetype, Source: ev.Source, Host: ev.Host, Time: ev.Time, Raw: raw,
	})
}

// page writes the report of what arrived.
func (a *arrivals) page(path string, std streams) error {
	rep := newReportOf(sourcetypes.OfLogs, true)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.events {
		if err := rep.Add(e); err != nil {
			return err
		}
	}
	return writePage(rep, path, std)
}
