// Command release builds what is published: archives for each platform, a deb
// and an rpm for each Linux, their bills of materials, and the sums of all.
//
// The same commit yields the same bytes with the same Go. It runs in the root
// of the repository, needs git, and for the packages nfpm. It signs nothing.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/cmd/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release is one run.
type release struct {
	out, nfpm string
	commit    string
	when      time.Time         // of every file in it
	sums      map[string][]byte // by the name of a file in out
}

// platform is what is built for.
type platform struct{ goos, goarch string }

func (p platform) String() string { return p.goos + "_" + p.goarch }

func run(ctx context.Context, args []string, stdout io.Writer) error {
	r := &release{sums: map[string][]byte{}}
	platforms := "linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64"
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&r.out, "out", "dist", "folder for the files")
	flags.StringVar(&r.nfpm, "nfpm", ".tools/nfpm", "the nfpm that makes deb and rpm")
	flags.StringVar(&platforms, "platforms", platforms, "what to build for")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := r.stamp(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	said, err := spoken(ctx)
	if err != nil {
		return err
	}
	for p := range strings.FieldsSeq(platforms) {
		goos, goarch, _ := strings.Cut(p, "/")
		if err := r.platform(ctx, platform{goos, goarch}, said); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	if err := r.writeSums(); err != nil {
		return err
	}
	for _, name := range r.names() {
		fmt.Fprintln(stdout, filepath.Join(r.out, name))
	}
	return nil
}

// platform writes everything there is for one platform.
func (r *release) platform(ctx context.Context, p platform, said []file) error {
	b, err := r.build(ctx, p)
	if err != nil {
		return err
	}
	own, err := termsIn("ollama-hec", ".")
	if err != nil {
		return err
	}
	all, err := termsOf(ctx, b.info)
	if err != nil {
		return err
	}
	bill, err := r.bill(b, own, all)
	if err != nil {
		return err
	}
	if err := r.write(r.name(p, ".cdx.json"), bill); err != nil {
		return err
	}
	files, err := contents(b, all, said)
	if err != nil {
		return err
	}
	pack, suffix := tarball, ".tar.gz"
	if p.goos == "windows" {
		pack, suffix = zipped, ".zip"
	}
	archive, err := pack(r.name(p, ""), files, r.when)
	if err != nil {
		return err
	}
	if err := r.write(r.name(p, suffix), archive); err != nil {
		return err
	}
	if p.goos != "linux" {
		return nil
	}
	return r.packages(ctx, p, files)
}

func (r *release) name(p platform, suffix string) string {
	return fmt.Sprintf("ollama-hec_%s_%s%s", version.Version, p, suffix)
}

// stamp finds out what is released: the commit, and its time.
func (r *release) stamp(ctx context.Context) error {
	head, err := output(ctx, "git", "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	r.commit = head[:12]
	changed, err := output(ctx, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if changed != "" {
		r.commit += "-dirty"
	}
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		if epoch, err = output(ctx, "git", "log", "-1", "--format=%ct"); err != nil {
			return err
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH is %q: it takes seconds since 1970", epoch)
	}
	r.when = time.Unix(seconds, 0).UTC()
	return nil
}

// write puts a file into the folder and remembers its sum.
func (r *release) write(name string, text []byte) error {
	sum := sha256.Sum256(text)
	r.sums[name] = sum[:]
	return os.WriteFile(filepath.Join(r.out, name), text, 0o644)
}

// writeSums writes what `sha256sum --check` reads.
func (r *release) writeSums() error {
	var text strings.Builder
	for _, name := range r.names() {
		fmt.Fprintf(&text, "%x  %s\n", r.sums[name], name)
	}
	return r.write(fmt.Sprintf("ollama-hec_%s_SHA256SUMS", version.Version), []byte(text.String()))
}

func (r *release) names() (names []string) {
	for name := range r.sums {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, args[0], err)
	}
	return strings.TrimSpace(string(text)), nil
}
