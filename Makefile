# What a person does with dpconform. Nothing but Go and make is needed.

GO ?= go
# The race detector needs a C compiler; without one the tests run without it.
RACE := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)
BIN := bin/dpconform

.PHONY: help run test prove bench build cassettes docs check fuzz lint-description scan third-party oauth clients clients-go clients-node clients-python clients-java clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: build ## judge the shipped cassettes with the whole suite, offline
	@$(BIN) run

test: ## run all tests
	$(GO) test $(RACE) ./...

prove: build ## seed every fault of the emulator and show what catches it
	@$(BIN) prove

build: ## build bin/dpconform
	@$(GO) build -o $(BIN) ./cmd/dpconform

bench: build ## compare a run with a bare loop over the same exchanges
	@$(GO) run ./benchmarks $(BIN)

cassettes: build ## record the shipped cassettes anew from the reference emulator
	$(BIN) record --cassettes cassettes --force

docs: build ## write the generated pages of docs/
	$(BIN) list --traceability > docs/traceability.md.new && mv docs/traceability.md.new docs/traceability.md

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

scan: build ## look for secrets in what is shipped
	@$(BIN) scan cassettes docs examples spec README.md

lint-description: ## hold the description against independent linters (needs npm)
	npx --yes @redocly/cli@2 lint --extends=spec spec/archivejobs-retry.openapi.yaml

third-party: build ## judge mock servers that know the description alone (needs npm)
	@if command -v npm >/dev/null; then \
		(cd third-party && npm ci --no-progress --loglevel=error) && $(GO) run ./third-party $(BIN) docs/third-party.md; \
	else \
		echo "skipped @stoplight/prism-cli and @mockoon/cli: there is no npm"; \
	fi

oauth: ## log in, refresh and revoke at an OAuth server of other people (needs npm)
	@if command -v npm >/dev/null; then \
		(cd third-party/oauthserver && npm ci --no-progress --loglevel=error) && $(GO) test -count=1 ./third-party/oauthserver; \
	else \
		echo "skipped oidc-provider: there is no npm"; \
	fi

clients: build clients-go clients-node clients-python clients-java ## judge Google's own clients and curl (npm, python3, mvn)
	@$(GO) run ./clients $(BIN) docs/clients.md

clients-go:
	@cd clients/go && $(GO) build -o retry .

clients-node:
	@if command -v npm >/dev/null; then cd clients/node && npm ci --no-progress --loglevel=error; fi

clients-python: # the mark says that the installation came to its end
	@if command -v python3 >/dev/null; then cd clients/python && rm -f .venv/installed && python3 -m venv .venv && \
		.venv/bin/pip install --quiet --require-hashes -r requirements.txt && touch .venv/installed; fi

clients-java:
	@if command -v mvn >/dev/null; then cd clients/java && mvn -q -B package; fi

clean: ## remove what was built
	rm -rf bin
