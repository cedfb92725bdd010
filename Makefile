# Everything a contributor or CI runs. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Targets share the build folder's lock: side by side they would only wait.
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory

NEXTEST_VERSION := 0.9.143
DENY_VERSION := 0.20.2
IMAGE ?= signalbox
# A copy of the RustSec database for `make deny`; none: advisories are left out.
ADVISORY_DB ?=
# CI sets CI=true. The profiles are equally strict and differ in their report.
NEXTEST_PROFILE ?= $(if $(CI),ci,default)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: toolchain ## Build the release binary and serve on http://127.0.0.1:3000
	@cargo build --release --locked
	@exec target/release/signalbox serve

# The test run stands last, so that its summary closes the output. `tidy` is
# one of its tests. cargo-deny adds to what tidy checks, where it is installed.
.PHONY: test
test: fmt lint doc doctest $(if $(shell command -v cargo-deny),deny) nextest ## Check everything that CI checks

.PHONY: fmt
fmt: toolchain ## Check the formatting
	cargo fmt --all --check

.PHONY: lint
lint: toolchain ## Run clippy, warnings denied
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings

.PHONY: doc
doc: toolchain ## Build the API documentation, warnings denied
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked

.PHONY: doctest
doctest: toolchain ## Run the examples in the documentation
	cargo test --doc --workspace --all-features --locked

.PHONY: nextest
nextest: toolchain test-tools ## Run the tests, tidy among them
	cargo nextest run --workspace --all-features --locked --profile $(NEXTEST_PROFILE)

.PHONY: tidy
tidy: toolchain ## Check the house rules that the compiler cannot
	cargo xtask tidy

.PHONY: deny
deny: toolchain ## Check dependencies with cargo-deny (ADVISORY_DB=DIR adds advisories)
	@cargo deny --version >/dev/null 2>&1 || { echo "make: cargo-deny is missing: run 'cargo install cargo-deny --version $(DENY_VERSION) --locked'" >&2; exit 1; }
	cargo deny --locked check --hide-inclusion-graph licenses bans sources
	$(if $(ADVISORY_DB),ADVISORY_DB="$(ADVISORY_DB)" cargo deny --locked --offline check advisories)

.PHONY: docs
docs: toolchain ## Write the generated documents anew
	cargo xtask docs

.PHONY: bench
bench: toolchain ## Run the micro-benchmarks
	cargo bench --workspace --benches --locked

.PHONY: image
image: ## Build the container image (IMAGE=signalbox)
	DOCKER_BUILDKIT=1 docker build --tag $(IMAGE) .

.PHONY: clean
clean: toolchain ## Remove what was built
	cargo clean

# What a build needs beyond the repository. ring and SQLite are partly C.
.PHONY: toolchain
toolchain:
	@command -v cargo >/dev/null || { echo "make: cargo is missing: install Rust from https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || $(call install,cc,gcc libc6-dev)

# What the tests need beyond a build: the README's examples run as a script.
.PHONY: test-tools
test-tools:
	@command -v curl >/dev/null || $(call install,curl,curl)
	@command -v jq >/dev/null || $(call install,jq,jq)
	@command -v openssl >/dev/null || $(call install,openssl,openssl)
	@cargo nextest --version >/dev/null 2>&1 || cargo install cargo-nextest --version $(NEXTEST_VERSION) --locked

# $(call install,COMMAND,PACKAGES): through apt where that works unasked, else
# one line that says what to do.
define install
{ if [[ $$(id -u) == 0 ]] && command -v apt-get >/dev/null; \
  then apt-get update -qq && apt-get install -y -qq --no-install-recommends $(2); \
  else echo "make: $(1) is missing: install the packages $(2) (Debian's names)" >&2; exit 1; fi; }
endef
