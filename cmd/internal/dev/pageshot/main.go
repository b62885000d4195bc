// Command pageshot takes pictures, light and dark, of the pages that the program makes: the report on logs, and
// the page on METRICS_ADDR of a shipper at work. What it shows is the built program's own; only the Ollama behind
// the proxy is a fake one.
//
// It needs Chromium, and lets that reach nothing but this machine.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"ollama-hec/splunk_app/dashboard/shot/shrink"
)

func main() {
	out := flag.String("out", "bin/pages", "folder for the pictures")
	binary := flag.String("binary", "bin/ollama-hec", "the program")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := shoot(ctx, *binary, *out)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pageshot:", err)
		os.Exit(1)
	}
}

func shoot(ctx context.Context, binary, out string) error {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		return fmt.Errorf("%w; install Debian's package chromium", err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "ollama-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	c := camera{browser: browser, profile: filepath.Join(scratch, "browser"), out: out}

	page, err := report(ctx, binary, scratch)
	if err != nil {
		return err
	}
	if err := c.take(ctx, "report", "file://"+page, 1163); err != nil {
		return err
	}
	w, err := work(ctx, binary, scratch)
	if err != nil {
		return err
	}
	err = c.take(ctx, "landing", w.page, 1092)
	if fault := w.end(); err == nil {
		err = fault
	}
	return err
}

// camera takes pictures of pages, 1280 wide.
type camera struct{ browser, profile, out string }

// themes are the values of Chromium's setting preferredColorScheme.
var themes = []struct{ name, scheme string }{{"light", "1"}, {"dark", "0"}}

// take writes NAME-light.png and NAME-dark.png.
func (c camera) take(ctx context.Context, name, url string, height int) error {
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	for _, theme := range themes {
		picture, err := filepath.Abs(filepath.Join(c.out, name+"-"+theme.name+".png"))
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, c.browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
			"--hide-scrollbars", "--disable-background-networking", "--user-data-dir="+c.profile,
			"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--blink-settings=preferredColorScheme="+theme.scheme,
			fmt.Sprintf("--window-size=1280,%d", height), "--screenshot="+picture, url)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("chromium: %w\n%s", err, said.String())
		}
		if err := shrink.File(picture); err != nil {
			return err
		}
		fmt.Println(picture)
	}
	return nil
}
