package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/splunkd"
)

// splunkdToken is the environment variable of the token for splunkd. There is no flag for it.
const splunkdToken = settings.SplunkdToken

func newInstall(std streams) *cobra.Command {
	var i installation
	cmd := &cobra.Command{
		Use:   "install",
		Short: "put macros and saved searches on a Splunk over its REST API",
		Long: "install puts the detections and their macros on a Splunk and says what it changed. It may be repeated: what is\n" +
			"there and differs is updated, but for what is the site's own: macros once they exist, whether a search is\n" +
			"enabled, whether it creates risk events, and all it does not name. New searches are disabled unless --enable is given.\n\n" +
			"With --scs-tenant it creates, updates or removes (--uninstall) a collector token of a tenant of Splunk Cloud\n" +
			"Services instead, with the credentials that run takes: SCS_TOKEN_FILE, SCS_TOKEN or SCS_PRINCIPAL.\n\n" +
			"Otherwise it needs a token of a user who may write to the app: Settings > Tokens in Splunk. Give it in a file or in\n" +
			splunkdToken + ".",
		Example: "  ollama-hec install --splunkd https://splunk:8089 --token-file splunkd.token --dry-run\n" +
			"  ollama-hec install --splunkd https://splunk:8089 --token-file splunkd.token --enable\n" +
			"  ollama-hec install --splunkd https://indexer:8089 --token-file splunkd.token \\\n" +
			"      --hec-token ollama --index ollama --ack --hec-token-file hec.token --hec-token-only\n" +
			"  ollama-hec install --scs-tenant acme --scs-token-file access.token --hec-token ollama --hec-token-file hec.token",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			if i.forTenant(cmd.Flags()) {
				return i.tenant(cmd, std.out)
			}
			return i.run(cmd.Context(), std.out)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&i.url, "splunkd", "", "splunkd's management address, such as https://splunk:8089")
	f.StringVar(&i.tokenFile, "token-file", "", "file with a token of splunkd; default: the variable "+splunkdToken)
	f.StringVar(
		&i.caFile,
		"ca-file",
		"",
		"certificates to trust besides the system's (PEM); without it only that of a loopback address is not verified",
	)
	f.StringVar(&i.app, "app", "search", "app to put them in; it exists already")
	f.StringSliceVar(
		&i.indexes,
		"search-index",
		nil,
		"index that the searches look in, written into the macros that this site has not changed; comma separated",
	)
	f.BoolVar(&i.dryRun, "dry-run", false, "change nothing, say what would change")
	f.BoolVar(&i.enable, "enable", false, "enable the saved searches too")
	f.BoolVar(&i.uninstall, "uninstall", false, "remove them, but for macros that the site has changed")
	f.StringVar(&i.hec.name, "hec-token", "", "also create a HEC token of this name, unless there is one, and print it")
	f.StringVar(&i.hec.index, "index", "", "index of the HEC token; empty: Splunk's default")
	f.BoolVar(&i.hec.ack, "ack", false, "turn on indexer acknowledgment for the HEC token")
	f.StringVar(&i.hec.file, "hec-token-file", "", "write the HEC token to this file instead of printing it")
	f.BoolVar(
		&i.hec.only,
		"hec-token-only",
		false,
		"create the HEC token and nothing else: where events arrive is not always where searches run",
	)
	cmd.MarkFlagsMutuallyExclusive("uninstall", "enable")
	settings.AddFlagsOf(f, "scs-")
	return cmd
}

// installation is what the command line asks for.
type installation struct {
	url, tokenFile, caFile, app string
	dryRun, enable, uninstall   bool
	indexes                     []string
	hec                         hecToken
}

func (i *installation) run(ctx context.Context, out io.Writer) error {
	if err := i.hec.check(); err != nil {
		return err
	}
	for _, index := range i.indexes {
		if !indexName.MatchString(index) {
			return &settings.Error{
				Setting: "--search-index",
				Problem: fmt.Sprintf("got %q, want the name of an index, such as ollama", index),
			}
		}
	}
	if i.uninstall && i.hec.name != "" {
		return &settings.Error{
			Setting: "--uninstall",
			Problem: "it does not remove --hec-token from a Splunk: remove the token there, under Data inputs",
		}
	}
	client, err := i.connect()
	if err != nil {
		return err
	}
	if i.dryRun {
		fmt.Fprintln(out, "dry run: nothing is changed")
	}
	if !i.hec.only {
		if err := i.searches(ctx, client, out); err != nil {
			return err
		}
	}
	if i.hec.name != "" {
		return i.hec.create(ctx, client, i.app, i.dryRun, out)
	}
	return nil
}

// indexName matches the names that Splunk allows for an index, and * for several.
var indexName = regexp.MustCompile(`^[a-z0-9][a-z0-9_*-]*$`)

func (i *installation) connect() (*splunkd.Client, error) {
	if i.url == "" {
		return nil, &settings.Error{
			Setting: "--splunkd",
			Problem: "not given: name splunkd's management address, such as https://splunk:8089",
		}
	}
	token := os.Getenv(splunkdToken)
	if i.tokenFile != "" {
		text, err := hec.ReadSmallFile(i.tokenFile)
		if err != nil {
			return nil, &settings.Error{Setting: "--token-file", Problem: err.Error()}
		}
		token = string(text)
	}
	if token = strings.TrimSpace(token); token == "" {
		return nil, &settings.Error{
			Setting: "--token-file",
			Problem: "no token: create one in Splunk under Settings > Tokens and give it in a file or in " + splunkdToken,
		}
	}
	o := splunkd.Options{URL: i.url, Token: token}
	if _, err := splunkd.New(o); err != nil {
		return nil, &settings.Error{Setting: "--splunkd", Problem: about(i.url, err)}
	}
	o.CAFile = i.caFile
	client, err := splunkd.New(o)
	if err != nil {
		return nil, &settings.Error{Setting: "--ca-file", Problem: err.Error()}
	}
	return client, nil
}

// about returns the text of err with the address it is about, unless that may hold a
// password.
func about(url string, err error) string {
	if text := err.Error(); strings.Contains(url, "@") || strings.Contains(text, url) {
		return text
	}
	return fmt.Sprintf("got %q: %v", url, err)
}

// searches installs or removes the macros and saved searches, and prints what was changed,
// also before an error.
func (i *installation) searches(ctx context.Context, client *splunkd.Client, out io.Writer) error {
	do := splunkd.Install
	if i.uninstall {
		do = splunkd.Uninstall
	}
	changes, err := do(ctx, client, i.plan())
	disabled := false
	for _, c := range changes {
		fmt.Fprintln(out, c)
		disabled = disabled || c.Kind == splunkd.SavedSearch && c.Action == splunkd.Created && !i.enable && !i.dryRun
	}
	if err == nil && disabled {
		hint := "the new searches are disabled: enable them in Splunk or with --enable"
		if len(i.indexes) == 0 {
			hint += "; they look in the indexes that a role searches by default: --search-index names others"
		}
		fmt.Fprintln(out, hint)
	}
	return err
}

func (i *installation) plan() splunkd.Plan {
	p := splunkd.Plan{
		App:    i.app,
		ACL:    splunkd.ACL{Sharing: "app", Read: []string{"*"}, Write: []string{"admin"}},
		Enable: i.enable,
		DryRun: i.dryRun,
	}
	for _, e := range detections.EntitiesIn(i.indexes) {
		entity := splunkd.Entity{Name: e.Name, Values: e.Values, KeepIfExists: e.SiteOwned, Shipped: e.Shipped}
		if e.Collection == "saved/searches" {
			entity.Kind = splunkd.SavedSearch
			entity.Keep = []string{"action.risk"} // a site may not want the risk events
		}
		p.Entities = append(p.Entities, entity)
	}
	return p
}

// hecToken is a HEC token to create.
type hecToken struct {
	name, index, file string
	ack, only         bool
}

func (h *hecToken) check() error {
	if h.name == "" && (h.index != "" || h.file != "" || h.ack || h.only) {
		return &settings.Error{
			Setting: "--hec-token",
			Problem: "not given, and --index, --ack, --hec-token-file and --hec-token-only are about it: name the token",
		}
	}
	return nil
}

// create creates the token unless it exists, and prints it or writes it to the file.
func (h *hecToken) create(ctx context.Context, client *splunkd.Client, app string, dryRun bool, out io.Writer) error {
	collector, err := client.Collector(ctx)
	if err != nil {
		return err
	}
	if collector.Disabled {
		fmt.Fprintln(
			out,
			"HEC is disabled on this Splunk, no token works: enable it under Settings > Data inputs > HTTP Event Collector > Global settings",
		)
	}
	if dryRun {
		there, err := client.FindHECToken(ctx, h.name)
		if err == nil {
			fmt.Fprintln(out, h.outcome(there))
		}
		return err
	}
	token, err := client.HECToken(ctx, app, h.name, h.index, h.ack)
	if err != nil {
		return err
	}
	if token.Created {
		fmt.Fprintln(out, h.outcome(nil))
	} else {
		fmt.Fprintln(out, h.outcome(token))
	}
	if h.file == "" {
		fmt.Fprintf(out, "%s_TOKEN=%s\n", settings.Prefix, token.Token)
		return nil
	}
	if err := writeSecret(h.file, token.Token); err != nil {
		return err
	}
	fmt.Fprintf(out, "the HEC token is in %s\n", h.file)
	return nil
}

// outcome returns one line for people, like those of the other changes. there is the token
// that existed before, or nil.
func (h *hecToken) outcome(there *splunkd.HECToken) string {
	line := "HEC token " + h.name + ": "
	if there == nil {
		return line + string(splunkd.Created)
	}
	var odd []string
	if there.Disabled {
		odd = append(odd, "it is disabled")
	}
	if h.index != "" && h.index != there.Index {
		odd = append(odd, "its index is "+there.Index)
	}
	if h.ack && !there.ACK {
		odd = append(odd, "without acknowledgment")
	}
	if len(odd) == 0 {
		return line + string(splunkd.Unchanged)
	}
	return line + string(splunkd.Kept) + " (" + strings.Join(odd, ", ") + ": change it in Splunk)"
}

// writeSecret writes a file that only its owner may read, and puts it in place at once.
func writeSecret(path, text string) error {
	f, err := newSecretFile(path)
	if err != nil {
		return err
	}
	return f.commit(text)
}

// secretFile is a temporary file that replaces another once it holds a secret. Only its
// owner may read it.
type secretFile struct {
	temp *os.File
	path string
}

// newSecretFile creates the temporary file. It fails where the secret could not be stored.
func newSecretFile(path string) (*secretFile, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".token-*") // of mode 600
	if err != nil {
		return nil, fmt.Errorf("store the HEC token: %w", err)
	}
	return &secretFile{f, path}, nil
}

// commit writes the secret and puts the file in its place.
func (f *secretFile) commit(text string) error {
	_, err := io.WriteString(f.temp, text+"\n")
	if err = errors.Join(err, f.temp.Close()); err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("store the HEC token: %w", err), os.Remove(f.temp.Name()))
	}
	return nil
}

// drop deletes the temporary file; nothing has changed.
func (f *secretFile) drop() error { return errors.Join(f.temp.Close(), os.Remove(f.temp.Name())) }
