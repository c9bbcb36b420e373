# Akashi. `make help` lists what there is.
#
# One configuration (release) and one scratch path (.build) everywhere, so that nothing is compiled twice.

SWIFT ?= swift
BUILD := .build
PACKAGES := pkg-config openssl libssl-dev libsecp256k1-dev librocksdb-dev libsqlite3-dev python3-venv
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
# The tree of sources that is formatted and checked.
ROOMS := Consensus Contracts Ledger Node Tests

SEED ?= 1
MINUTES ?= 1
BENCH_SECONDS ?= 20
BENCH_RUNS ?= 3

.PHONY: help deps build testnet test lint bench simulate docs clean

help:
	@echo "make testnet                        four validators on loopback, the demonstration, proofs verified"
	@echo "make test                           all tests, those with real processes included"
	@echo "make lint                           format, import arrows, tidiness"
	@echo "make bench                          load on a network of four; writes .build/bench.json"
	@echo "make simulate SEED=n MINUTES=m      random schedules against the consensus core"
	@echo "make build | docs | deps | clean"

# Installs what is missing and says so; does nothing where everything is there.
deps:
	@missing=""; for package in $(PACKAGES); do \
		dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "deps: installing$$missing"; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null \
		&& $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing </dev/null; \
	fi
	@test -x $(BUILD)/venv/bin/python || { echo "deps: creating $(BUILD)/venv"; mkdir -p $(BUILD) && python3 -m venv $(BUILD)/venv; }
	@$(BUILD)/venv/bin/python -c 'import cwt' 2>/dev/null || { \
		echo "deps: installing cwt, the independent COSE client of the tests, into $(BUILD)/venv"; \
		$(BUILD)/venv/bin/pip install --quiet --disable-pip-version-check 'cwt==3.3.0' </dev/null; }
	@echo "deps: all there"

build: deps
	$(SWIFT) build -c release
	@ln -sfn release/akashi $(BUILD)/akashi

testnet: build
	testnet/up
	testnet/demo

test: deps
	$(SWIFT) build -c release --build-tests
	@ln -sfn release/akashi $(BUILD)/akashi
	$(SWIFT) test -c release --skip-build

# The compiler checks imports against the arrows of Package.swift; the scripts check what it does not see.
lint: deps
	$(SWIFT) format lint --strict --recursive --parallel Package.swift $(ROOMS)
	.ci/lint-imports .
	.ci/lint-tidy .
	.ci/lint-selftest
	$(SWIFT) build -c release --explicit-target-dependency-import-check error

# One transaction per request is measured beside many: an operator needs both figures.
bench: build
	@testnet/down >/dev/null 2>&1 || true
	testnet/up
	@rm -f $(BUILD)/bench.json
	status=0; for run in $$(seq $(BENCH_RUNS)); do \
		$(BUILD)/akashi load --seconds $(BENCH_SECONDS) --json $(BUILD)/bench.json --append || status=$$?; \
	done; testnet/down; exit $$status

simulate:
	$(SWIFT) build -c release --product simulate
	SEED=$(SEED) MINUTES=$(MINUTES) $(BUILD)/release/simulate

docs: build
	@mkdir -p $(BUILD)/docs
	$(BUILD)/akashi --experimental-dump-help > $(BUILD)/docs/commands.json
	@echo "docs: the articles are in docs/; the commands are described in $(BUILD)/docs/commands.json"

clean:
	@testnet/down >/dev/null 2>&1 || true
	rm -rf $(BUILD) testnet/run
