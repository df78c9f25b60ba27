# Two commands do everything: `make demo` and `make test`. Each installs what it needs and says so.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
PYTHON ?= python3
DEMO_WORKSPACE ?= demo-workspace
LISTEN ?= 127.0.0.1:8000
# Kafka is tested, but only built into the binary on request: docs/adr/0009-brokers.md.
FEATURES := --features plimsoll/kafka

.PHONY: help demo test bench load ui check-rust test-rust test-ui test-browser chromium python brokers

help: ## Lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

demo: ui ## Builds Plimsoll, loads the bundled real data and serves the dashboard
	$(CARGO) build --release --package plimsoll
	"$(TARGET_DIR)/release/plimsoll" demo --workspace "$(DEMO_WORKSPACE)" --listen "$(LISTEN)"

test: check-rust test-rust test-ui test-browser ## Formatting, lints, unit, law, golden, contract, end-to-end and browser tests

# The dashboard is embedded into the binary, so it is built before it.
ui: ui/dist/index.html

ui/dist/index.html: ui/node_modules/.package-lock.json $(shell find ui/src ui/public ui/*.html ui/*.ts ui/*.json -type f 2>/dev/null)
	cd ui && npm run build
	@touch $@

ui/node_modules/.package-lock.json: ui/package.json ui/package-lock.json
	@echo 'Installing the npm packages of ui/package-lock.json into ui/node_modules.'
	cd ui && npm ci --no-audit --no-fund
	@touch $@

check-rust: ui brokers
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets $(FEATURES) -- --deny warnings

test-rust: ui python brokers
	$(CARGO) test --workspace $(FEATURES)
	@cat "$(TARGET_DIR)/tmp/golden-share.txt"

test-ui: ui
	cd ui && npm run check

# Built as the Rust tests build it, so that nothing is compiled twice.
test-browser: ui chromium brokers
	$(CARGO) test --workspace $(FEATURES) --no-run
	scripts/browser-tests "$(TARGET_DIR)/debug/plimsoll"

chromium:
	@scripts/require-debian chromium command -v chromium

# A local S3 server, DuckDB and Polars, which the tests of the prediction store run.
python:
	@scripts/require-debian python3 command -v $(PYTHON)
	@scripts/require-debian python3-venv $(PYTHON) -c 'import ensurepip'
	@PYTHON=$(PYTHON) scripts/test-python >/dev/null

# A NATS server to test with, and what librdkafka is built with.
brokers:
	@scripts/require-debian nats-server env PATH="$$PATH:/usr/sbin" nats-server --version
	@scripts/require-debian g++ command -v g++
	@scripts/require-debian pkg-config command -v pkg-config
	@scripts/require-debian libssl-dev pkg-config --exists openssl

bench: ui ## Compares Plimsoll with Polars, DuckDB and Evidently (pinned, in bench/.venv)
	$(CARGO) build --release --package plimsoll
	test -x bench/.venv/bin/python || { echo 'Installing bench/requirements.txt into bench/.venv.'; $(PYTHON) -m venv bench/.venv; }
	bench/.venv/bin/pip install --quiet --requirement bench/requirements.txt
	$(PYTHON) bench/compare.py --plimsoll "$(TARGET_DIR)/release/plimsoll"

load: ui ## Measures a collector under load
	$(CARGO) build --release --package plimsoll --package plimsoll-load
	"$(TARGET_DIR)/release/plimsoll-load" speed --plimsoll "$(TARGET_DIR)/release/plimsoll" --folder "$(TARGET_DIR)"
