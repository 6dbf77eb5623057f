# Plexus. `make` lists the targets. Needed: Go 1.26 and Node 20.19 or newer, nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
BIN     := bin/plexus
ARGS    ?=

# Tools are built at these versions into ./.tools/bin, once.
TOOLS         := $(CURDIR)/.tools/bin
GOLANGCI_LINT := $(TOOLS)/golangci-lint-v2.15.0
GOFUMPT       := $(TOOLS)/gofumpt-v0.12.0
GOVULNCHECK   := $(TOOLS)/govulncheck-v1.1.4

# The race detector needs cgo and a C compiler; the binary needs neither.
RACE := $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)
TEST_TIMEOUT ?= 10m
TESTFLAGS ?=
FUZZTIME ?= 2m

UI_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/test-results/*' -not -path 'web/e2e/*' 2>/dev/null)
UI_STAMP   := internal/ui/dist/index.html
WEB_STAMP  := web/node_modules/.package-lock.json

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build everything and start the gateway on :4000 (ARGS="..." for more flags)
	$(BIN) serve $(ARGS)

.PHONY: build
build: ui binary ## Build the web UI and the binary into bin/

.PHONY: binary
binary: ## Build the binary only, with whatever UI was built last
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)" -o $(BIN) ./cmd/plexus

.PHONY: ui
ui: $(UI_STAMP) ## Build the web UI if its sources changed

$(UI_STAMP): $(WEB_STAMP) $(UI_SOURCES)
	cd web && npm run build
	@touch $@

.PHONY: web-deps
web-deps: $(WEB_STAMP) ## Install the web dependencies if they changed

# A dependency's install script is somebody else's code on this machine: none runs.
$(WEB_STAMP): web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: test
test: test-go test-web ## Run every test there is

.PHONY: test-go
test-go: ## Run the Go tests (with the race detector where there is a C compiler)
	go vet ./...
	go test $(RACE) -timeout $(TEST_TIMEOUT) $(TESTFLAGS) ./...

.PHONY: test-web
test-web: web-deps ## Run the web unit tests
	cd web && npm test

.PHONY: e2e
e2e: build ## Run the browser test against the real binary (needs Chromium)
	cd web && PLEXUS_BIN=$(CURDIR)/$(BIN) npm run e2e

.PHONY: lint
lint: $(GOLANGCI_LINT) web-deps ## Run the linters
	$(GOLANGCI_LINT) run --concurrency 2 ./...
	go mod tidy -diff
	go mod verify
	cd web && npm run lint

.PHONY: fmt
fmt: $(GOFUMPT) web-deps ## Format everything
	$(GOFUMPT) -w bench cmd internal
	cd web && npm run format

.PHONY: fmt-check
fmt-check: $(GOFUMPT) ## Fail when a Go file is not formatted
	@out=$$($(GOFUMPT) -l bench cmd internal); if [ -n "$$out" ]; then printf 'not formatted (make fmt):\n%s\n' "$$out"; exit 1; fi

.PHONY: gen
gen: web-deps ## Write what is generated: OpenAPI, JSON Schema, reference pages, web types
	go generate ./...
	go test ./internal/admin ./internal/config ./internal/wire/wiretest -run 'OpenAPI|Schema|Reference|Fidelity' -update
	cd web && npm run gen

.PHONY: bench
bench: build ## Measure against a bare ReverseProxy, about 2 minutes (ARGS=-full for 6)
	@mkdir -p .tools
	go build -trimpath -buildvcs=false -o .tools/bench ./bench
	.tools/bench -gateway $(BIN) $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (2m) each
	@.ci/fuzz $(FUZZTIME)

.PHONY: vuln
vuln: $(GOVULNCHECK) ## Look for known vulnerabilities (VULNDB=file:///... for a local database)
	$(GOVULNCHECK) $(if $(VULNDB),-db $(VULNDB)) ./...

.PHONY: clean
clean: ## Remove what was built; ./data is kept
	rm -rf bin web/test-results .tools/bench
	find internal/ui/dist -mindepth 1 -not -name .keep -delete

# tool PACKAGE VERSION BINARY: the version is in the file name, so that another version is another file.
define tool
@mkdir -p $(TOOLS)
@echo "building $(1)@$(2)"
@tmp=$$(mktemp -d "$(TOOLS)/build.XXXXXX"); trap 'rm -rf "$$tmp"' EXIT; GOBIN=$$tmp GOFLAGS= go install $(1)@$(2); mv "$$tmp"/* $@
endef

$(GOLANGCI_LINT):
	$(call tool,github.com/golangci/golangci-lint/v2/cmd/golangci-lint,v2.15.0)

$(GOFUMPT):
	$(call tool,mvdan.cc/gofumpt,v0.12.0)

$(GOVULNCHECK):
	$(call tool,golang.org/x/vuln/cmd/govulncheck,v1.1.4)

.PHONY: tools
tools: $(GOLANGCI_LINT) $(GOFUMPT) $(GOVULNCHECK) ## Build the linters into ./.tools/bin
