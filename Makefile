# What a person does with dpconform. Nothing but Go and make is needed.

GO ?= go
# The race detector needs a C compiler; without one the tests run without it.
RACE := $(filter 1,$(shell $(GO) env CGO_ENABLED))
BIN := bin/dpconform

.PHONY: help run test prove bench build cassettes docs check fuzz lint-description third-party oauth browser validators clients clients-install clients-check build-clients clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: build ## judge the shipped cassettes with the whole suite, offline
	@$(BIN) run

# A test takes several times as long with the race detector, so that with it (and
# -short) only a fixed sample is run of what does the same thing many times over,
# and nothing of packages that start no goroutine or only drive programs.
UNRACED := /(internal/drift|spec|tools)(/|$$)
test: ## run all tests, and a sample of them with the race detector
	$(GO) test ./...
	$(if $(RACE),$(GO) test -race -short $$($(GO) list ./... | grep -vE '$(UNRACED)'))

build: ## build bin/dpconform
	@$(GO) build -o $(BIN) ./cmd/dpconform

bench: build ## compare a run with a bare loop over the same exchanges
	@$(GO) run ./tools/bench $(BIN)

cassettes: build ## record the shipped cassettes anew from the reference emulator
	$(BIN) record --cassettes cassettes --force

docs: build ## write the generated pages of docs/
	$(BIN) list --traceability > docs/traceability.md.new && mv docs/traceability.md.new docs/traceability.md
	$(BIN) client --scenario-keys > docs/scenarios.md.new && mv docs/scenarios.md.new docs/scenarios.md

check: ## what CI checks beside the tests
	$(GO) vet ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }

FUZZTIME ?= 10s
fuzz: ## run every fuzz target for FUZZTIME
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$package || exit 1; \
		done; \
	done

lint-description: ## hold the description against independent linters (needs npm)
	npx --yes @redocly/cli@2 lint --extends=spec spec/archivejobs-retry.openapi.yaml

third-party: build ## judge mock servers that know the description alone (needs npm)
	@if command -v npm >/dev/null; then \
		(cd tools/third-party && npm ci --no-progress --loglevel=error) && $(GO) run ./tools/third-party $(BIN) docs/third-party.md; \
	else \
		echo "skipped @stoplight/prism-cli and @mockoon/cli: there is no npm"; \
	fi

browser: build ## look at HTML reports in Chromium, with axe-core (needs npm and chromium)
	@if command -v npm >/dev/null; then \
		(cd tools/third-party/htmlreport && npm ci --no-progress --loglevel=error) && $(GO) run ./tools/third-party/htmlreport $(BIN) tools/third-party/htmlreport; \
	else \
		echo "skipped axe-core and playwright-core: there is no npm"; \
	fi

oauth: ## log in, refresh and revoke at an OAuth server of other people (needs npm)
	@if command -v npm >/dev/null; then \
		(cd tools/third-party/oauthserver && npm ci --no-progress --loglevel=error) && $(GO) test -count=1 ./tools/third-party/oauthserver; \
	else \
		echo "skipped oidc-provider: there is no npm"; \
	fi

validators: ## show the reports to validators of other people (needs npm and python3)
	@if command -v npm >/dev/null && command -v python3 >/dev/null; then \
		cd tools/third-party/reportvalidators && npm ci --no-progress --loglevel=error && python3 -m venv .venv && \
		.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt && $(GO) test -count=1 -v .; \
	else \
		echo "skipped har-validator, sarif-multitool and junitparser: there is no npm or no python3"; \
	fi

CLIENTS := bin/clients

clients: build build-clients ## judge Google's own clients and curl (npm, python3, mvn)
	@$(CLIENTS) $(BIN) docs/clients.md

clients-install: build-clients ## bring the clients' libraries from their registries
	@$(CLIENTS) --install

clients-check: build build-clients ## hold docs/clients.md against what the clients do
	@$(CLIENTS) --check $(BIN) docs/clients.md

build-clients:
	@$(GO) build -o $(CLIENTS) ./tools/clients

clean: ## remove what was built
	rm -rf bin
