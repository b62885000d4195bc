package settings

import (
	"slices"
	"strings"
	"testing"
)

func TestMisspeltVariables(t *testing.T) {
	for variable, nearest := range map[string]string{
		"OLLAMA_HEC_PROMPT=off":             "OLLAMA_HEC_PROMPTS",
		"OLLAMA_HEC_TOKENFILE=/etc/t":       "OLLAMA_HEC_TOKEN_FILE",
		"OLLAMA_HEC_SKIP_VERIFY=true":       "OLLAMA_HEC_INSECURE_SKIP_VERIFY",
		"OLLAMA_HEC_prompts=off":            "OLLAMA_HEC_PROMPTS",
		"OLLAMA_HEC_INDX=main":              "OLLAMA_HEC_INDEX",
		"OLLAMA_HEC_SPLUNKD_TOKN=x":         "OLLAMA_HEC_SPLUNKD_TOKEN",
		"OLLAMA_HEC_PORT=9464":              "",
		"OLLAMA_HEC_ENTIRELY_DIFFERENT_X=1": "",
		"OLLAMA_HEC_=1":                     "",
	} {
		_, err := Unknown([]string{"PATH=/bin", variable, "OLLAMA_HEC_URL=http://x"})
		name, value, _ := strings.Cut(variable, "=")
		switch {
		case err == nil:
			t.Errorf("%s: taken", variable)
		case !strings.HasPrefix(err.Error(), name+": "):
			t.Errorf("%s: %v", variable, err)
		case nearest != "" && !strings.Contains(err.Error(), "did you mean "+nearest+"?"):
			t.Errorf("%s: %v", variable, err)
		case len(value) > 2 && strings.Contains(err.Error(), value) && !strings.Contains(name, value):
			t.Errorf("%s: the value is shown, which may be a token: %v", variable, err)
		}
	}
}

func TestKnownVariables(t *testing.T) {
	environ := []string{"OLLAMA_HOST=0.0.0.0", "OLLAMA_HECATE=1", SplunkdToken + "=x"}
	for _, r := range All() {
		environ = append(environ, r.Env+"=")
	}
	if passed, err := Unknown(environ); err != nil || passed != nil {
		t.Errorf("%v, %v", passed, err)
	}
}

func TestVariablesOfKubernetes(t *testing.T) {
	environ := []string{
		"OLLAMA_HEC_PORT=tcp://10.96.0.7:9464",
		"OLLAMA_HEC_PORT_9464_TCP=tcp://10.96.0.7:9464",
		"OLLAMA_HEC_PORT_9464_TCP_ADDR=10.96.0.7",
		"OLLAMA_HEC_PORT_9464_TCP_PORT=9464",
		"OLLAMA_HEC_PORT_9464_TCP_PROTO=tcp",
		"OLLAMA_HEC_SERVICE_HOST=10.96.0.7",
		"OLLAMA_HEC_SERVICE_PORT=9464",
		"OLLAMA_HEC_SERVICE_PORT_METRICS=9464",
		"OLLAMA_HEC_TEST_SERVICE_HOST=10.96.0.8",
		"OLLAMA_HEC_TEST_PORT=udp://10.96.0.8:53",
	}
	passed, err := Unknown(environ)
	if err != nil || len(passed) != len(environ) || !slices.IsSorted(passed) {
		t.Errorf("%d of %d passed over: %v", len(passed), len(environ), err)
	}
}
