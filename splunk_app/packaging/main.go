// Command packaging builds the Splunk add-on: TA-ollama-hec-<version>.tgz for Linux,
// Windows and macOS on x86-64, and TA-ollama-hec-arm64-<version>.tgz for Linux on ARM,
// for which Splunk knows no platform folder.
//
// The same commit yields the same bytes. It runs from the root of the
// repository and needs git only where SOURCE_DATE_EPOCH is not set.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

// options are the flags of the command line.
type options struct {
	root, out, main, version, commit string
	when                             time.Time // of every file in the package
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	var o options
	flags := flag.NewFlagSet("packaging", flag.ContinueOnError)
	flags.StringVar(&o.root, "root", ".", "root of the repository")
	flags.StringVar(&o.out, "out", "dist", "folder for the packages")
	flags.StringVar(&o.main, "main", "./cmd/ollama_logs", "package of the modular input's executable")
	flags.StringVar(&o.version, "version", "", "version (default: that of cmd/internal/version)")
	flags.StringVar(&o.commit, "commit", "", "commit the executables name (default: HEAD)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := o.complete(ctx); err != nil {
		return err
	}
	for _, p := range packages {
		path, err := o.build(ctx, p)
		if err != nil {
			return err
		}
		fmt.Fprintln(stdout, path)
	}
	return nil
}

// complete fills in the options that the command line leaves out.
func (o *options) complete(ctx context.Context) (err error) {
	if o.version == "" {
		if o.version, err = programVersion(o.root); err != nil {
			return err
		}
	}
	if !semver.MatchString(o.version) {
		return fmt.Errorf("version is %q: Splunk takes three numbers, such as 1.2.3", o.version)
	}
	if o.commit == "" {
		if o.commit, err = o.git(ctx, "rev-parse", "HEAD"); err != nil {
			return fmt.Errorf("%w: give -commit", err)
		}
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		if epoch, err = o.git(ctx, "log", "-1", "--format=%ct"); err != nil {
			return fmt.Errorf("%w: set SOURCE_DATE_EPOCH", err)
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH is %q: it takes seconds since 1970", epoch)
	}
	o.when = time.Unix(seconds, 0).UTC()
	return nil
}

func (o *options) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = o.root
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(text)), nil
}

// build writes one package and returns its path.
func (o *options) build(ctx context.Context, p pkg) (string, error) {
	files, err := o.tree()
	if err != nil {
		return "", err
	}
	for _, t := range p.targets {
		binary, err := o.executable(ctx, t)
		if err != nil {
			return "", err
		}
		files = append(files, file{name: t.path, mode: 0o755, text: binary})
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(o.out, fmt.Sprintf("%s-%s.tgz", p.name, o.version))
	out, err := os.Create(path)
	if err != nil {
		return "", err
	}
	if err := write(out, files, o.when); err != nil {
		out.Close()
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	return path, out.Close()
}
