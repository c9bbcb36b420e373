# Akashi. `make help` lists what there is.
#
# One configuration (release) and one scratch path (.build) everywhere, so that nothing is compiled twice.

SWIFT ?= swift
BUILD := .build
PACKAGES := pkg-config openssl libssl-dev libsecp256k1-dev librocksdb-dev libsqlite3-dev python3-venv
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)
# The tree of sources that is formatted and checked.
ROOMS := Consensus Contracts Ledger Node Tests

# Tests with sockets and processes run one after the other, so that those that only compute do not starve them.
WORLDLY := ^(PeerNetworkTests|NodeAPITests|NodeRuntimeTests|ClientTests|LoadTests|CommandTests|ProcessTests)\.

SEED ?= 1
MINUTES ?= 1
ROUNDS ?= 3
SIDES ?= 2
BENCH_SECONDS ?= 20
BENCH_RUNS ?= 3
BENCH_PORT ?= 7500

.PHONY: help deps build testnet test lint bench microbench microbench-update simulate twins mutations figures docs clean

help:
	@echo "make testnet                        four validators on loopback, the demonstration, proofs verified"
	@echo "make test                           all tests, those with real processes included"
	@echo "make lint                           format, import arrows, tidiness"
	@echo "make bench                          load on a network of four, each kind three times; writes .build/bench.json"
	@echo "make microbench                     each stage of a transaction by itself, against committed thresholds"
	@echo "make simulate SEED=n MINUTES=m      random schedules against the consensus core; LEDGER=1 with real ledgers in all"
	@echo "make twins ROUNDS=n MINUTES=m       every partition, phase and place of a validator with two replicas"
	@echo "make mutations                      breaks every rule of consensus in turn and shows what notices it"
	@echo "make figures                        what silent, slow and favourites-picking primaries cost, in virtual time"
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
	@$(BUILD)/venv/bin/python -c 'import cwt, zcbor' 2>/dev/null || { \
		echo "deps: installing cwt and zcbor, the independent COSE client and CDDL checker of the tests, into $(BUILD)/venv"; \
		$(BUILD)/venv/bin/pip install --quiet --disable-pip-version-check 'cwt==3.3.0' 'zcbor==0.9.1' </dev/null; }
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
	$(SWIFT) test -c release --skip-build --no-parallel --filter '$(WORLDLY)'
	$(SWIFT) test -c release --skip-build --skip '$(WORLDLY)'

# The compiler checks imports against the arrows of Package.swift; the scripts check what it does not see.
lint: deps
	$(SWIFT) format lint --strict --recursive --parallel Package.swift $(ROOMS)
	.ci/lint-imports .
	.ci/lint-tidy .
	.ci/lint-selftest
	$(SWIFT) build -c release --explicit-target-dependency-import-check error

# Closed loops of transfers, evidence, and a mix from all contracts, in which each kind runs so many times and median
# and spread are shown; then a single transaction in each request, and an open loop below capacity, whose latency
# counts. The network is one of its own on other ports; a testnet that runs meanwhile takes its share of the processors.
bench: build
	@rm -f $(BUILD)/bench.json
	set -e; export AKASHI_TESTNET_DIR="$(CURDIR)/$(BUILD)/bench-net"; \
	export AKASHI_TESTNET_API_PORT=$(BENCH_PORT) AKASHI_TESTNET_PEER_PORT=$$(($(BENCH_PORT) + 50)); \
	testnet/down --wipe >/dev/null 2>&1 || true; \
	trap 'testnet/down --wipe >/dev/null' EXIT; \
	testnet/up; \
	load="testnet/load --accounts 1000 --seconds $(BENCH_SECONDS) --runs $(BENCH_RUNS)"; \
	load="$$load --json $(CURDIR)/$(BUILD)/bench.json --append"; \
	$$load --per-request 50 --in-flight 32; \
	$$load --rate 700; \
	$$load; \
	$$load --per-request 1 --in-flight 64; \
	$$load --mix evidence; \
	$$load --mix all

# Each stage of a transaction by itself, against Tests/Benchmarks/thresholds.json.
MICROBENCH := $(SWIFT) package -c release --package-path Tests/Benchmarks --scratch-path $(BUILD)-benchmarks \
	--allow-writing-to-package-directory --allow-writing-to-directory $(CURDIR)/$(BUILD)-benchmarks benchmark

microbench: deps
	Tests/Benchmarks/check $(MICROBENCH)

microbench-update: deps
	Tests/Benchmarks/check --update $(MICROBENCH)

simulate:
	$(SWIFT) build -c release --product simulate
	SEED=$(SEED) MINUTES=$(MINUTES) $(BUILD)/release/simulate

# All runs of ROUNDS views of four validators, one of which has a twin with its key, or as many as there is time for.
twins:
	$(SWIFT) build -c release --product simulate
	TWINS=1 ROUNDS=$(ROUNDS) SIDES=$(SIDES) MINUTES=$(MINUTES) $(BUILD)/release/simulate

mutations:
	$(SWIFT) build -c release --product simulate
	MUTATIONS=1 SCENARIOS=Tests/Scenarios SEED=$(SEED) $(BUILD)/release/simulate

figures:
	$(SWIFT) build -c release --product simulate
	FIGURES=1 $(BUILD)/release/simulate

docs: build
	@mkdir -p $(BUILD)/docs
	$(BUILD)/akashi --experimental-dump-help > $(BUILD)/docs/commands.json
	@echo "docs: the articles are in docs/; the commands are described in $(BUILD)/docs/commands.json"

clean:
	@testnet/down --wipe >/dev/null 2>&1 || true
	rm -rf $(BUILD) testnet/run
