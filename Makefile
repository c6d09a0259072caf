# `make run` shows Kaibo at work; `make test` shows that it works. Nothing else needs to be learnt.

.DEFAULT_GOAL := help
.PHONY: help run build test check fuzz bench fmt clean deny

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: build ## build everything and start the demo
	@exec target/release/kaibo demo $(ARGS)

build: ## web pages and target/release/kaibo
	@scripts/build

test: ## everything that must hold: format, lints, rules, unit, contract, pages, end to end
	@scripts/test

check: ## the quick part of it: format, lints, types
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@cd web && npm run check

SECONDS ?= 600
SEED ?= $(shell date +%s)

fuzz: ## mutated input for every parser, SECONDS=600 each; SEED=… repeats a run
	@KAIBO_FUZZ_SECONDS=$(SECONDS) KAIBO_FUZZ_SEED=$(SEED) cargo test --package kaibo-fuzz --locked --quiet

bench: ## what a viewer and a call cost, beside other servers, 16 minutes (QUICK=1: 4; ONLY=api, ONLY=viewers); writes bench/RESULTS*.md
	@QUICK=$(QUICK) ONLY=$(ONLY) scripts/bench

fmt: ## format the Rust code
	@cargo fmt --all

deny: ## licences, sources and advisories of every dependency (needs cargo-deny)
	@cargo deny check

clean: ## remove what was built
	@cargo clean && rm -rf web/dist/* web/node_modules tests/e2e/node_modules
