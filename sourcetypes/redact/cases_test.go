package redact

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// caseRow is a line, what must not survive in it, and whether the contract
// promises that: inside, outside, or unknown for a token with a prefix that
// the first version did not know.
type caseRow struct{ family, line, secret, promise string }

func caseRows(t *testing.T) (rows []caseRow) {
	t.Helper()
	file, err := os.ReadFile("testdata/cases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			t.Fatalf("%d fields in %q", len(f), line)
		}
		rows = append(rows, caseRow{f[0], f[1], f[2], f[3]})
	}
	return rows
}

// TestCases: every row inside the contract is redacted, and nearly all with
// prefixes that were unknown when the rows were written.
func TestCases(t *testing.T) {
	all, hidden := map[string]int{}, map[string]int{}
	var missed []string
	for _, row := range caseRows(t) {
		got := redacted(Default(), row.line)
		all[row.promise]++
		if !strings.Contains(got, row.secret) {
			hidden[row.promise]++
		} else if row.promise == "inside" {
			t.Errorf("%s: %q survives in\n%s", row.family, row.secret, got)
		} else if row.promise == "unknown" {
			missed = append(missed, row.family+": "+got)
		}
		if again := redacted(Default(), got); again != got {
			t.Errorf("%s: a second run changes\n%s\nto %s", row.family, got, again)
		}
	}
	t.Logf("hidden: inside %d of %d, unknown %d of %d, outside %d of %d", hidden["inside"], all["inside"],
		hidden["unknown"], all["unknown"], hidden["outside"], all["outside"])
	if hidden["unknown"]*100 < all["unknown"]*98 {
		slices.Sort(missed)
		t.Errorf(
			"of unknown tokens only %d of %d are hidden:\n%s",
			hidden["unknown"],
			all["unknown"],
			strings.Join(missed, "\n"),
		)
	}
}

func TestSecurityCases(t *testing.T) {
	file, err := os.ReadFile("testdata/security.log")
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		"YFdeSoCT44Q9ovAKXUoZ",
		"plainsecret0014",
		"plainsecret0001",
		"plainsecret0008",
		"plainsecret0007",
		"CAESIJ1f0Zk3bQm9Xw7Rr2Yt5Ui8Op0As3Df6Gh9Jk2Lz4Xc",
		"q7Vd2-Kx0pPz9LmN3bTt-Yw8Rr4Uo1Se6HgJ5fDcA",
		"JxdLq9RnPJqK7byXPEr3YgKSz7avI1Tf4Hiv8DLvoWbquqgu8PWmoOuQ4Tm",
		"eyAiU3RhdGVtZW50IjpbXX0_",
		"3JF6UECNrfnUU6y3pakR1OKUM",
	}
	got := redacted(Default(), string(file))
	for _, s := range secrets {
		if strings.Contains(got, s) {
			t.Errorf("%q survives in\n%s", s, got)
		}
	}
}
