package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/destination"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/scs"
	"ollama-hec/splunk_app/splunkd"
)

// tokenDescription is the description of the collector tokens that install creates.
const tokenDescription = "created by ollama-hec install"

// forTenant reports whether install works on a tenant of Splunk Cloud Services: the tenant
// is named, and no splunkd is.
func (i *installation) forTenant(flags *pflag.FlagSet) bool {
	return flags.Changed("scs-tenant") || i.url == "" && os.Getenv(settings.Prefix+"_SCS_TENANT") != ""
}

// tenant creates, updates or removes a collector token of a tenant.
func (i *installation) tenant(cmd *cobra.Command, out io.Writer) error {
	for _, flag := range []string{"splunkd", "token-file", "app", "enable", "search-index"} {
		if cmd.Flags().Changed(flag) {
			return &settings.Error{
				Setting: "--" + flag,
				Problem: "it is about a splunkd, and --scs-tenant about Splunk Cloud Services: take one of them away",
			}
		}
	}
	if i.hec.name == "" {
		return &settings.Error{
			Setting: "--hec-token",
			Problem: "not given: name the collector token, such as ollama; a tenant takes nothing else from this command",
		}
	}
	if err := scs.CheckTokenName(i.hec.name); err != nil {
		return &settings.Error{Setting: "--hec-token", Problem: err.Error()}
	}
	s, err := settings.Read(tenantFlags(cmd.Flags()))
	if err != nil {
		return err
	}
	client, err := destination.Tenant(s, app.Delivery{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer client.Close()
	if i.dryRun {
		fmt.Fprintln(out, "dry run: nothing is changed")
	}
	t := collectorToken{
		client: client, file: i.hec.file, dryRun: i.dryRun, out: out,
		want: scs.CollectorToken{Name: i.hec.name, Index: i.hec.index, Ack: i.hec.ack},
	}
	if i.uninstall {
		return t.remove(cmd.Context())
	}
	return t.install(cmd.Context())
}

// tenantFlags returns the flags of install that are settings of a tenant. Others, such as
// --ack, have the names of settings but are about the token.
func tenantFlags(all *pflag.FlagSet) *pflag.FlagSet {
	some := pflag.NewFlagSet("install", pflag.ContinueOnError)
	all.VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, "scs-") || f.Name == "ca-file" {
			some.AddFlag(f)
		}
	})
	return some
}

// collectorToken is a collector token of a tenant, as it is wanted.
type collectorToken struct {
	client *scs.Client
	want   scs.CollectorToken
	file   string // to write its value to; empty: it is printed
	dryRun bool
	out    io.Writer
}

func (t *collectorToken) install(ctx context.Context) error {
	found, err := t.client.CollectorToken(ctx, t.want.Name)
	if err != nil {
		return err
	}
	if found == nil {
		err := t.create(ctx)
		if !errors.Is(err, scs.ErrExists) {
			return err
		}
		// Somebody else has just created it: update that one.
		if found, err = t.client.CollectorToken(ctx, t.want.Name); err != nil {
			return err
		}
		if found == nil {
			return scs.ErrExists
		}
	}
	return t.update(ctx, found)
}

// create creates the token, and prints its value or writes it to the file. The service
// returns the value only once: if it cannot be stored the token is removed again.
func (t *collectorToken) create(ctx context.Context) error {
	if t.dryRun {
		t.say(string(splunkd.Created))
		return nil
	}
	if t.file == "" {
		value, err := t.client.CreateCollectorToken(ctx, t.want, tokenDescription)
		if err != nil {
			return err
		}
		t.say(string(splunkd.Created))
		fmt.Fprintf(t.out, "%s_TOKEN=%s\n", settings.Prefix, value)
		return nil
	}
	file, err := newSecretFile(t.file)
	if err != nil {
		return err
	}
	value, err := t.client.CreateCollectorToken(ctx, t.want, tokenDescription)
	if err != nil {
		return errors.Join(err, file.drop())
	}
	if err := file.commit(value); err != nil {
		_, removed := t.client.RemoveCollectorToken(ctx, t.want.Name)
		return errors.Join(err, removed)
	}
	t.say(string(splunkd.Created))
	fmt.Fprintf(t.out, "the HEC token is in %s\n", t.file)
	return nil
}

// update changes index and acknowledgment if they differ from what is wanted. The value of
// the token stays, and cannot be read.
func (t *collectorToken) update(ctx context.Context, found *scs.Found) error {
	var changes []string
	if t.want.Index != "" && t.want.Index != found.Index {
		changes = append(changes, "index")
	}
	if t.want.Ack && !found.Ack {
		changes = append(changes, "acknowledgment")
	}
	if len(changes) > 0 && !t.dryRun {
		if err := t.client.UpdateCollectorToken(ctx, found, t.want); err != nil {
			return err
		}
	}
	outcome := string(splunkd.Unchanged)
	if len(changes) > 0 {
		outcome = string(splunkd.Updated) + ": " + strings.Join(changes, ", ")
	}
	if found.Disabled {
		outcome += " (it is disabled: enable it in the tenant)"
	}
	t.say(outcome)
	if t.file != "" {
		fmt.Fprintf(t.out, "nothing is written to %s: the service tells a token's value only when it is created; "+
			"--uninstall and install again for a new one\n", t.file)
	}
	return nil
}

func (t *collectorToken) remove(ctx context.Context) error {
	if t.dryRun {
		found, err := t.client.CollectorToken(ctx, t.want.Name)
		if err == nil {
			t.sayRemoved(found != nil)
		}
		return err
	}
	was, err := t.client.RemoveCollectorToken(ctx, t.want.Name)
	if err == nil {
		t.sayRemoved(was)
	}
	return err
}

func (t *collectorToken) sayRemoved(was bool) {
	outcome := splunkd.Absent
	if was {
		outcome = splunkd.Removed
	}
	t.say(string(outcome))
}

func (t *collectorToken) say(outcome string) {
	fmt.Fprintf(t.out, "HEC token %s: %s\n", t.want.Name, outcome)
}
