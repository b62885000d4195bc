package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec/receiver"
)

func newReceive(std streams) *cobra.Command {
	var listen, out string
	var ack, remote bool
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "receive events as Splunk would and write them to stdout, one JSON object a line",
		Long: "receive is an HEC receiver for trying things out. It takes any token, or only that of OLLAMA_HEC_TOKEN if it is set,\n" +
			"and listens on loopback unless --remote is given. On loopback and without a token it answers only to names of\n" +
			"this machine.",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			var token settings.Secret
			if err := token.Set(os.Getenv(settings.Prefix + "_TOKEN")); err != nil {
				return settings.Invalid("TOKEN", err.Error())
			}
			log, flush := newLog(std.err, &settings.Settings{})
			defer flush()
			o := receiver.Options{
				Out: terminal.NewJSON(std.out), AllowRemote: remote,
				Tokens: []receiver.Token{{Value: string(token), Ack: ack}},
				Log:    log,
			}
			if out != "" {
				f, err := os.OpenFile(out, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
				if err != nil {
					return &settings.Error{Setting: "--out", Problem: err.Error()}
				}
				defer f.Close()
				o.Out = f
			}
			r := receiver.New(o)
			if err := r.Listen(listen); err != nil {
				return &settings.Error{Setting: "--listen", Problem: err.Error()}
			}
			fmt.Fprintf(std.err, "listening on %s\n", r.URL())
			return r.Serve(cmd.Context())
		}),
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8088", "address to listen on")
	cmd.Flags().StringVar(&out, "out", "", "file to append to instead of stdout")
	cmd.Flags().BoolVar(&ack, "ack", false, "acknowledge as an indexer does")
	cmd.Flags().BoolVar(&remote, "remote", false, "allow an address other than loopback")
	return cmd
}
