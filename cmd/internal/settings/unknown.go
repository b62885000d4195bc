package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// SplunkdToken is the variable with the token for splunkd's REST API. It belongs to one
// command and is no setting of a shipper.
const SplunkdToken = Prefix + "_SPLUNKD_TOKEN"

// Unknown looks in an environment (NAME=value each) for variables that begin with the
// prefix and are no setting: one that is misspelt would change nothing, and nobody would
// know. The first of them is an *Error with the nearest known name. What Kubernetes sets
// for a Service whose name begins like the prefix is not meant for this program: passed
// names those variables.
func Unknown(environ []string) (passed []string, err error) {
	var unknown []string
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, Prefix+"_")
		switch {
		case !ours || name == SplunkdToken:
		case byName[rest].Env != "":
		case ofAService(rest, value):
			passed = append(passed, name)
		default:
			unknown = append(unknown, name)
		}
	}
	slices.Sort(passed)
	if len(unknown) == 0 {
		return passed, nil
	}
	slices.Sort(unknown)
	problem := "there is no such setting"
	if near := nearest(unknown[0]); near != "" {
		problem += "; did you mean " + near + "?"
	} else {
		problem += "; ollama-hec run --help lists all"
	}
	if more := len(unknown) - 1; more > 0 {
		problem += fmt.Sprintf(" (nor %s)", strings.Join(unknown[1:], ", "))
	}
	return passed, &Error{unknown[0], problem}
}

// ofAService reports whether Kubernetes sets such a variable for a Service.
func ofAService(name, value string) bool {
	if serviceAddress.MatchString(name) || numbered.MatchString(name) {
		return true
	}
	// A setting that ends so would hold a number.
	return strings.HasSuffix("_"+name, "_PORT") && strings.Contains(value, "://")
}

// The names are those of Kubernetes' documentation, Service, environment variables.
var (
	serviceAddress = regexp.MustCompile(`^(?:\w+_)?SERVICE_(?:HOST|PORT(?:_\w+)?)$`)
	numbered       = regexp.MustCompile(`^(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$`)
)

// nearest returns the known variable that a misspelt one is likely meant to be; "": none is near.
func nearest(name string) string {
	best, distance := "", 0
	known := []string{SplunkdToken}
	for _, r := range All() {
		known = append(known, r.Env)
	}
	written := strings.ToUpper(name)
	for _, k := range known {
		d := levenshtein.ComputeDistance(written, k)
		switch bare := strings.TrimPrefix(written, Prefix); {
		case strings.ReplaceAll(written, "_", "") == strings.ReplaceAll(k, "_", ""):
			d = 0
		case len(bare) > 4 && strings.HasSuffix(k, bare): // words left out
			d = min(d, 2)
		}
		if best == "" || d < distance {
			best, distance = k, d
		}
	}
	if distance > max(2, len(best)-len(Prefix))/2 {
		return ""
	}
	return best
}
