package modinput

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func TestProgram(t *testing.T) {
	const input = `<input><configuration><stanza name="ollama_logs://a" app="search"/></configuration></input>`
	const item = `<items><item name="a"><param name="output">hec</param></item></items>`
	tests := map[string]struct {
		args   []string
		stdin  string
		exit   int
		stdout string
		log    string
	}{
		"run": {nil, input, ExitDone, "ran ollama_logs://a", ""},
		"nothing to run": {
			nil,
			`<input><configuration/></input>`,
			ExitDone,
			"",
			"INFO no input is configured, nothing to do\n",
		},
		"failed run": {nil, strings.Replace(input, "//a", "//bad", 1), ExitFailed, "", "ERROR it went bad\n"},
		"two stanzas": {
			nil,
			`<input><configuration><stanza name="a"/><stanza name="b"/></configuration></input>`,
			ExitFailed,
			"",
			"ERROR got 2 stanzas for one process: use_single_instance must be false\n",
		},
		"no definition": {nil, ``, ExitFailed, "", "ERROR read the input definition: unexpected EOF\n"},
		"valid":         {[]string{"--validate-arguments"}, strings.Replace(item, "hec", "splunkd", 1), ExitDone, "", ""},
		"not valid": {
			[]string{"--validate-arguments"},
			item,
			ExitFailed,
			"<error><message>output = hec needs url: set it to the collector&#39;s address, such as https://splunk:8088</message></error>\n",
			"ERROR output = hec needs url: set it to the collector's address, such as https://splunk:8088\n",
		},
		"called by hand": {
			[]string{"run"},
			"",
			ExitUsage,
			"",
			"ERROR not how splunkd calls a modular input: expected no argument, --scheme or --validate-arguments " +
				"hint=\"splunkd starts this program; by hand use ollama-hec\"\n",
		},
		"validated twice": {
			[]string{"--validate-arguments", "--scheme"},
			item,
			ExitUsage,
			"",
			"ERROR not how splunkd calls a modular input: expected no argument, --scheme or --validate-arguments " +
				"hint=\"splunkd starts this program; by hand use ollama-hec\"\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			exit := program().Main(t.Context(), tt.args, strings.NewReader(tt.stdin), &stdout, logTo(&stderr))
			if exit != tt.exit || stdout.String() != tt.stdout || stderr.String() != tt.log {
				t.Errorf("exit %d, stdout %q, log %q\nwant %d, %q, %q", exit, &stdout, &stderr, tt.exit, tt.stdout, tt.log)
			}
		})
	}
}

func TestProgramDescribesItself(t *testing.T) {
	var stdout, stderr bytes.Buffer
	exit := program().Main(t.Context(), []string{"--scheme"}, unreadable{}, &stdout, logTo(&stderr))
	if exit != ExitDone || stderr.Len() > 0 {
		t.Errorf("exit %d, log %q", exit, &stderr)
	}
	golden(t, "scheme.xml", stdout.Bytes())
}

func TestProgramStopsWhileWaitingForItsDefinition(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ErrOrphaned)
	silent, _ := io.Pipe()
	var stderr bytes.Buffer
	if exit := program().Main(ctx, nil, silent, io.Discard, logTo(&stderr)); exit != ExitDone || stderr.Len() > 0 {
		t.Errorf("run: exit %d, log %q", exit, &stderr)
	}
	if exit := program().Main(
		ctx,
		[]string{"--validate-arguments"},
		silent,
		io.Discard,
		logTo(&stderr),
	); exit != ExitFailed {
		t.Errorf("validate: exit %d: what was not judged is not valid", exit)
	}
}

func TestProgramRestsAfterAFailure(t *testing.T) {
	const input = `<input><configuration><stanza name="ollama_logs://bad"/></configuration></input>`
	synctest.Test(t, func(t *testing.T) {
		p := program()
		p.Rest = time.Minute
		started := time.Now()
		var stderr bytes.Buffer
		main := func(ctx context.Context) int {
			return p.Main(ctx, nil, strings.NewReader(input), io.Discard, logTo(&stderr))
		}
		if exit := main(t.Context()); exit != ExitFailed || time.Since(started) != p.Rest {
			t.Errorf("exit %d after %v", exit, time.Since(started))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		started = time.Now()
		if exit := main(ctx); exit != ExitFailed || time.Since(started) != time.Second {
			t.Errorf("told to stop after a second: exit %d after %v", exit, time.Since(started))
		}
	})
}

func TestProgramThatCannotAnswerFails(t *testing.T) {
	for _, args := range [][]string{{"--scheme"}, {"--validate-arguments"}} {
		var stderr bytes.Buffer
		exit := program().Main(t.Context(), args, strings.NewReader("<items/>"), brokenWriter{}, logTo(&stderr))
		if exit != ExitFailed || !strings.Contains(stderr.String(), "no reader") {
			t.Errorf("%s: exit %d, log %q", args, exit, &stderr)
		}
	}
}

func program() Program {
	return Program{
		Scheme: OllamaLogs(),
		Validate: func(_ context.Context, d *Definition) error {
			_, err := d.Stanzas[0].Output()
			return err
		},
		Run: func(_ context.Context, d *Definition, stdout io.Writer) error {
			if d.Stanzas[0].Input() == "bad" {
				return errors.New("it went bad")
			}
			_, err := io.WriteString(stdout, "ran "+d.Stanzas[0].Name)
			return err
		},
	}
}

func logTo(w io.Writer) *slog.Logger { return slog.New(NewLogHandler(w, slog.LevelDebug)) }

// unreadable is an input that must not be read.
type unreadable struct{}

func (unreadable) Read([]byte) (int, error) { panic("read") }

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("no reader") }
