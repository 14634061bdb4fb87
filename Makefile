# Everything a person does with dpconform. Go and make are all that the first
# group needs; other targets name what else they use and skip what is missing.

GO ?= go
BIN := bin/dpconform

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GITLEAKS := github.com/zricethezav/gitleaks/v8@v8.30.1
ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: help run test prove proof race drift-sources build generate commands docs cassettes bench fuzz check lint secrets \
	third-party browser oauth validators overlays lint-description dist dist-test fixtures clients clients-install clients-check clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

run: build ## run the whole suite offline, on the shipped cassettes
	@$(BIN) run

test: ## run all tests
	$(GO) test ./...

prove: ## print the kill matrix: which requirement catches which seeded fault
	@printed=$$($(GO) test -count=1 -v -run KillMatrix ./suites ./clienttest 2>&1); code=$$?; \
	printf '%s\n' "$$printed" | grep -vE '^ *(=== |--- PASS|PASS$$)'; exit $$code

# Each release of this module has Google's discovery documents of its day.
DISCOVERY := v0.215.0 v0.222.0 v0.243.0 v0.311.0
drift-sources: ## download Google's discovery documents and run the tests that compare them
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && cd "$$folder" && $(GO) mod init download 2>/dev/null && \
		for release in $(DISCOVERY); do $(GO) mod download google.golang.org/api@$$release || exit 1; done
	$(GO) test -count=1 -run Google ./internal/source ./internal/drift

build: ## build bin/dpconform
	@$(GO) build -o $(BIN) ./cmd/dpconform

race: ## run the tests of what is concurrent with the race detector (needs a C compiler)
	$(GO) test -race -short ./internal/target ./internal/tokens ./internal/recording ./emulator ./clienttest ./suites

generate: docs cassettes proof commands ## write all that is generated

commands: ## write what the commands on the pages print
	$(GO) test -count=1 -run '^TestCommands$$' ./tools/docs -update

docs: ## write the generated pages of docs/
	$(GO) test -count=1 -run '^(TestTheCommandsPage|TestTheRequirementsPage|TestThePageOfScenarios)$$' ./internal/cli ./internal/scenario -update

proof: ## write docs/proof.md, the kill matrix for a reader, which its test compares
	$(GO) test -count=1 -run '^TestKillMatrix$$' ./suites -update

cassettes: build ## record the shipped cassettes again, from the reference emulator
	@for method in $$(sed -n 's/^\([A-Za-z.]*\): .*/\1/p' spec/shipped.yaml); do \
		$(BIN) record --method $$method --cassettes cassettes/$$method --force || exit 1; done

bench: build ## compare runs with the same exchanges sent without dpconform
	@$(GO) run ./tools/bench $(BIN)

FUZZTIME ?= 10s
fuzz: ## run every fuzz target for FUZZTIME
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$package || exit 1; \
		done; \
	done

check: ## go vet and gofmt
	$(GO) vet ./...
	$(GO) vet -tags external ./tools/...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }

lint: ## golangci-lint, and actionlint over the action and the example workflows
	$(GO) run $(GOLANGCI) run ./...
	$(GO) run $(ACTIONLINT) docs/github/*.yml

secrets: ## look for secrets in what is shipped
	@for path in cassettes docs spec README.md; do $(GO) run $(GITLEAKS) dir --no-banner --redact --log-level warn $$path || exit 1; done

# What follows needs other languages' tools.

npm = if command -v npm >/dev/null; then cd tools/$(1) && npm ci --no-progress --loglevel=error && cd ../.. && $(3); else echo "skipped $(2): there is no npm"; fi

third-party: build ## run the suite against third-party servers (npm for some)
	@$(GO) run ./tools/thirdparty $(BIN) docs/third-party.md

browser: build ## check HTML reports in Chromium with axe-core (npm, chromium)
	@$(call npm,browser,axe-core and playwright-core,$(GO) run ./tools/browser $(BIN) tools/browser)

oauth: ## log in, refresh and revoke at a third-party OAuth server (npm)
	@$(call npm,oauthserver,oidc-provider,$(GO) test -count=1 -tags external ./tools/oauthserver)

validators: ## check reports with third-party validators (npm, python3)
	@if command -v python3 >/dev/null; then \
		$(call npm,validators,har-validator and sarif-multitool, \
		python3 -m venv tools/validators/.venv && \
		tools/validators/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r tools/validators/requirements.txt && \
		$(GO) test -count=1 -tags external ./tools/validators); \
	else echo "skipped har-validator, sarif-multitool and junitparser: there is no python3"; fi

overlays: ## apply the shipped overlays with a third-party tool, and compare the results
	@printed=$$($(GO) test -count=1 -v -tags external ./tools/overlays 2>&1); code=$$?; \
	printf '%s\n' "$$printed" | grep -vE '^ *(=== |PASS$$)'; exit $$code

lint-description: build ## lint the descriptions in all their forms with a third-party linter (npm)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && for file in spec/*.openapi.yaml; do \
		for plain in "" --plain; do for json in "" --json; do for version in "" "--openapi 3.0"; do \
			$(BIN) spec print --spec $$file $$plain $$json $$version > "$$folder/$$(echo $$(basename $$file .openapi.yaml) $$plain $$json $$version | tr ' ' _).yaml" || exit 1; \
		done; done; done; \
	done && npx --yes @redocly/cli@2 lint --extends=spec "$$folder"/*

dist: ## build archives, wheels, npm packages and SBOMs of all platforms into dist/
	@$(GO) run ./tools/dist dist

dist-test: ## build this platform's release twice, and install the wheel and the npm packages (python3, npm)
	@printed=$$($(GO) test -count=1 -v -timeout 60m -tags external ./tools/dist 2>&1); code=$$?; \
	printf '%s\n' "$$printed" | grep -vE '^ *(=== |PASS$$)'; exit $$code

fixtures: build ## try docs/fixtures in fresh projects (python3, node, mvn, cargo)
	@$(GO) run ./tools/fixtures $(BIN)

# ONLY=Go,curl takes some of them; without it all are taken.
clients: build ## test Google's own client libraries and others (npm, python3, mvn, cargo, php, ruby)
	@$(GO) run ./tools/clients --only '$(ONLY)' $(BIN) docs/clients.md

clients-install: ## install the clients' libraries from their registries
	@$(GO) run ./tools/clients --install --only '$(ONLY)'

clients-check: build ## compare docs/clients.md with what the clients do
	@$(GO) run ./tools/clients --check --only '$(ONLY)' $(BIN) docs/clients.md

clean: ## remove what was built
	rm -rf bin dist
