# make demo   the whole path on this machine alone
# make test   all tests, with Go alone
# make check  what CI runs

GO        ?= go
VERSION   := $(shell sed -n 's/^const Version = "\(.*\)"/\1/p' cmd/internal/version/version.go)
COMMIT    := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
LDFLAGS   := -s -w -X ollama-hec/cmd/internal/version.Commit=$(COMMIT)
BUILD     := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'
TOOLS     := $(CURDIR)/.tools
FUZZTIME  ?= 5s
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The race detector needs a C compiler; without one the tests run all the same.
RACE := $(shell command -v $${CC:-cc} >/dev/null 2>&1 && echo -race)

.PHONY: build demo test test-ollama test-otel test-proxies test-redact test-content chaos check lint vuln fuzz cross app appinspect dashboard dashboard-shot page-shot setup-page packages bench profile clean

build:
	$(BUILD) -o bin/ollama-hec ./cmd/ollama-hec

demo: build
	@./bin/ollama-hec demo --report bin/report.html

# A package may take an hour, where the machine has much else to do.
test:
	$(GO) vet ./...
	$(GO) test $(RACE) -timeout 1h ./...

check: test lint vuln cross

lint: $(TOOLS)/golangci-lint
	@files=$$(git ls-files '*.go') && test -n "$$files" && unformatted=$$(gofmt -l $$files) || exit 1; \
		test -z "$$unformatted" || { echo "not formatted: $$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(TOOLS)/golangci-lint run ./...
	$(GO) run ./cmd/internal/dev/layers ./input/file ./input/checkpoint

vuln: $(TOOLS)/govulncheck
	@.ci/vulnerabilities $(TOOLS)/govulncheck

fuzz:
	@GO="$(GO)" .ci/fuzz $(FUZZTIME)

cross:
	@for p in $(PLATFORMS); do \
		echo "$$p"; \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) vet ./... && \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/ollama-hec && \
		GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/ollama_logs || exit 1; \
	done

# A real Ollama, which builds with a C++ compiler and nothing else; ten minutes the first time.
test-ollama: $(TOOLS)/ollama
	OLLAMA_BINARY=$(TOOLS)/ollama $(GO) test -count=1 -timeout=15m -v ./cmd/ollama-hec/realollama

# Figures beside a reference measured in the same run; some minutes.
bench:
	$(GO) run ./cmd/internal/dev/bench $(BENCHFLAGS)

profile:
	$(GO) run ./cmd/internal/dev/bench -cpuprofile cpu.prof $(BENCHFLAGS)

# dist/: archives, deb, rpm, SBOMs, SHA256SUMS; the same commit, the same bytes.
packages: $(TOOLS)/nfpm
	$(GO) run ./cmd/internal/dev/release -out dist -nfpm $(TOOLS)/nfpm

# OpenTelemetry's splunk_hec receiver at the other end; builds the collector into .tools.
test-otel:
	cmd/internal/harness/otel/test-otel

# Redaction against the rules of gitleaks: a module of its own, so that what it needs stays out of the product.
test-redact:
	cd sourcetypes/redact/oracle && $(GO) vet . && $(GO) test -count=1 -v .

# nginx, HAProxy and tinyproxy as they are installed, and Caddy, which is built into
# .tools. PROXIES_REQUIRED=1 fails where one is missing instead of skipping it.
test-proxies: $(TOOLS)/caddy
	PROXIES=1 $(GO) test -count=1 ./cmd/internal/harness/proxies

# Writers, rotations, a faulty receiver and kill -9, seeded; CHAOSFLAGS="-for 10m -kills 500".
chaos:
	$(GO) run ./cmd/internal/dev/chaos $(or $(CHAOSFLAGS),-for 30s)

# The Splunk add-on: dist/TA-ollama-hec-<version>.tgz, and one for ARM.
app:
	$(GO) run ./splunk_app/packaging -out dist -commit "$(COMMIT)"

# Needs Python; installs splunk-appinspect into .venv.
appinspect: app
	splunk_app/packaging/appinspect dist/TA-ollama-hec-$(VERSION).tgz dist/TA-ollama-hec-arm64-$(VERSION).tgz

# The detections as a content pack, by Splunk's contentctl, and as rules for Sigma, by pySigma.
# Needs Python; installs both into .venv.
test-content:
	splunk_app/content/check-sigma
	splunk_app/content/check-escu $(VERSION)

# Needs node and npm; installs Splunk's schemas into .tools.
dashboard:
	splunk_app/packaging/check-dashboard

# The dashboard's pages as pictures, in bin/dashboard; needs node, npm and Chromium.
dashboard-shot:
	splunk_app/dashboard/shot/draw bin/dashboard

# The report and the page on METRICS_ADDR as pictures, in bin/pages; needs Chromium.
page-shot: build
	$(GO) run ./cmd/internal/dev/pageshot -binary bin/ollama-hec -out bin/pages

# Needs npm and Chromium; installs Splunk's SDK for JavaScript into .tools.
setup-page:
	GO="$(GO)" splunk_app/packaging/check-setup

# Tools are pinned here; they are no part of the module.
$(TOOLS)/golangci-lint:
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
$(TOOLS)/govulncheck:
	GOBIN=$(TOOLS) $(GO) install golang.org/x/vuln/cmd/govulncheck@v1.8.0
$(TOOLS)/ollama:
	GOBIN=$(TOOLS) CGO_ENABLED=1 $(GO) install github.com/ollama/ollama@v0.6.5
$(TOOLS)/caddy:
	GOBIN=$(TOOLS) CGO_ENABLED=0 $(GO) install github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9
# The newest version whose modules are to be had.
$(TOOLS)/nfpm:
	GOBIN=$(TOOLS) $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.4

clean:
	rm -rf bin dist
