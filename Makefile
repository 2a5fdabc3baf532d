# Everything that one does with a checkout; `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help env env-run demo test lint types contracts schemas locks upgrade check-locks bench chaos docs pictures audit clean

PYTHON ?=
export PYTHON
BIN := .venv/bin
PEERS := bench/peers
PARTS ?=
SCENARIOS ?=
LOCK_PEERS = $(BIN)/uv pip compile $(PEERS)/requirements.in -o $(PEERS)/requirements.txt --universal \
	--python-version 3.11 --generate-hashes --quiet --no-emit-index-url --no-annotate --no-header
SETUP = python=$$(.ci/find-python) && "$$python" .ci/environment.py

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

env: ## make .venv from the locked packages: what the program, the tests and the checks need
	@$(SETUP) run dev

env-run:
	@$(SETUP) run

demo: env-run ## start everything here on a real Kafka, send a recorded incident, print its context packet
	@$(BIN)/incidents demo

test: env ## the whole test suite, on a real Kafka
	@$(BIN)/python -m pytest

lint: env ## ruff: rules and layout
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: env ## mypy, strict, over the packages and the tests
	@$(BIN)/mypy

contracts: env ## import-linter: imports point one way, the core does no I/O
	@$(BIN)/lint-imports

schemas: env ## no reader or writer of a topic breaks on a schema: the compatibility gate
	@$(BIN)/python -m pytest -q tests/schemas

check-locks: env ## the locks are what requirements/*.in ask for
	@$(BIN)/python .ci/locks.py check

locks: env ## write the locks anew, keeping versions where they still fit
	@$(BIN)/python .ci/locks.py
	@$(LOCK_PEERS)

upgrade: env ## write the locks anew with the newest versions, and the list of Kafka's files
	@$(BIN)/python .ci/locks.py upgrade
	@$(LOCK_PEERS) --upgrade
	@$(BIN)/python -m local.kafka_pins

audit: env ## known weaknesses of the locked packages
	@$(BIN)/pip-audit --disable-pip --require-hashes -r requirements/run.txt

bench: env ## the benchmarks: a table, and bench/out/latest.json; `make bench PARTS="storm gateway"` for some of them
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(PEERS)/.venv
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(PEERS)/.venv/bin/python $(PEERS)/requirements.txt
	@$(BIN)/python -m bench $(PARTS)

chaos: env ## the faults, judged by an independent verifier: a table; `make chaos SCENARIOS="broker --seed 7"` for some
	@$(BIN)/python -m tests.chaos $(SCENARIOS)

docs: env ## write the generated pages of docs/ anew
	@$(BIN)/python -m docs.generate

pictures: env ## take the pictures of the page in README.md anew, from the recorded incident in a real Chromium
	@$(BIN)/python -m docs.screenshots

clean: ## remove what was made here: the environment, caches, the local system's folder
	@rm -rf .venv .venv.lock $(PEERS)/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .incidents
