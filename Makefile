# Thin lines over real tools. `make` alone lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PREFIX ?= /usr/local
WORKSPACE ?= .
BINARY := .build/release/jobrunner
RUN := $(BINARY) --workspace "$(WORKSPACE)"

# One file without shared libraries. The flags belong together: a static PIE that keeps SwiftPM's
# rpath dies before main, which is why `release` runs the binary once.
STATIC := --static-swift-stdlib --disable-local-rpath -Xswiftc -static-executable \
  -Xswiftc -use-ld=lld -Xswiftc -Xclang-linker -Xswiftc -static-pie -Xlinker -s
RELEASE_FLAGS := $(if $(filter Linux,$(shell uname -s)),$(STATIC))

# What `--version` says beside the version: told to a release by a file that git ignores. A build
# by hand does without.
COMMIT ?= $(shell git describe --always --abbrev=12 --exclude '*' --dirty 2>/dev/null)
COMMIT_FILE := Sources/JobRunner/BuildCommit.swift
COMMIT_FLAGS := $(if $(COMMIT),-Xswiftc -DJOBRUNNER_COMMIT)

# The real Codex client, which the tests talk to where it can be installed.
CODEX_VERSION := 0.163.0
CODEX_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jobrunner/codex-$(CODEX_VERSION)
export JOBRUNNER_TEST_CODEX := $(CODEX_CACHE)/codex_cli_bin/bin/codex

.PHONY: help build release test features lint format demo bench bench-functions instructions \
  torture install deb deb-check reproducible schedule-files cron-day refresh-usage rotate-log \
  window-reset ingest-telemetry cost-compare ledger-checkpoint status

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

build: ## debug build
	swift build

release: ## optimised build, one static file on Linux, at .build/release/jobrunner
	@printf '/// Written by make.\nenum BuildCommit {\n  static let text = "%s"\n}\n' '$(COMMIT)' \
	  >$(COMMIT_FILE).new; cmp -s $(COMMIT_FILE).new $(COMMIT_FILE) && rm $(COMMIT_FILE).new \
	  || mv $(COMMIT_FILE).new $(COMMIT_FILE)
	swift build -c release --product jobrunner $(RELEASE_FLAGS) $(COMMIT_FLAGS)
	$(BINARY) --version

# What says whether manifests are what a cluster takes.
KUBERNETES_CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/jobrunner/kubernetes-validate-1.31.0

test: ## the whole suite
	@scripts/test/install_codex.sh "$(CODEX_CACHE)"
	@scripts/test/kubernetes_schema.sh "$(KUBERNETES_CACHE)" deploy/kubernetes/*.yaml
	swift build --build-tests
	swift test --skip-build --skip 'JobRunnerTests|FaultTests'
	swift test --skip-build --filter FaultTests
	swift test --skip-build --filter JobRunnerTests

features: ## the suites that run the built binary, as a user would
	swift test --filter JobRunnerTests

lint: ## formatting and shell scripts
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift \
	  Benchmarks/Benchmarks
	@if command -v shellcheck >/dev/null; then \
	  shellcheck .ci/run scripts/*.sh scripts/*/*.sh scripts/automation/tracker $(filter-out %.py,$(wildcard Tests/Fixtures/bin/*)); \
	else echo "skipped: shellcheck is not installed"; fi

format: ## format in place
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks/Package.swift \
	  Benchmarks/Benchmarks

demo: release ## refresh recorded exports in a throw-away workspace and show the table
	scripts/demo.sh $(BINARY)

bench: release ## the table of speeds, beside other tools where they are installed
	scripts/bench/bench.sh $(BINARY) --page docs/benchmarks.md

bench-functions: ## the speed of single functions; builds a package of its own
	cd Benchmarks && swift package benchmark

instructions: release ## count those of two fixed runs, compare with the baseline; ARGS=--write takes it anew
	PYTHONDONTWRITEBYTECODE=1 python3 scripts/bench/instructions.py $(BINARY) $(ARGS)

torture: release ## every fault at every system call, storms, fuzz tests and zones; POINTS=n a sample
	scripts/torture/torture.sh $(BINARY) $(POINTS)

schedule-files: build ## write anew the files that show a schedule
	scripts/schedule_files.sh .build/debug/jobrunner

cron-day: build ## a day, and one with a changed clock, under Debian's cron
	scripts/test/cron_day.sh .build/debug/jobrunner

install: release ## install binary, manual, completions and example units below PREFIX
	scripts/package/stage.sh $(BINARY) "$(DESTDIR)" "$(PREFIX)"

deb: release ## make a Debian package, in .build/deb
	scripts/package/deb.sh $(BINARY)

deb-check: release ## install, upgrade and purge that package in a folder of its own; as root
	scripts/test/deb_lifecycle.sh $(BINARY)

reproducible: ## build the last commit twice and compare
	scripts/test/reproducible.sh

$(BINARY):
	$(MAKE) release

refresh-usage: $(BINARY) ## run the job once for WORKSPACE
	$(RUN) refresh-usage --verbose

rotate-log: $(BINARY) ## run the job once for WORKSPACE
	$(RUN) rotate-log --verbose

window-reset: $(BINARY) ## run the job once for WORKSPACE
	$(RUN) window-reset --verbose

ingest-telemetry: $(BINARY) ## run the job once for WORKSPACE
	$(RUN) ingest-telemetry --verbose

ledger-checkpoint: $(BINARY) ## close the books of WORKSPACE; ARGS has the flags
	$(RUN) ledger-checkpoint --verbose $(ARGS)

status: $(BINARY) ## show the agents of WORKSPACE
	$(RUN) status --diagram

cost-compare: $(BINARY) ## compare GLM and the baseline for WORKSPACE
	$(RUN) cost-compare
