# Every command of the project; `make help` lists them. Needs Python 3.11 or later and make, nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
# The newest Python that is there and new enough.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
# `TORCH_BACKEND=cpu make test` takes the small wheels of torch, where they can be reached.
TORCH_BACKEND ?=
DATA ?= ../shared/data
WORK ?= $(HOME)/.cache/peakend/train

BIN := $(VENV)/bin
INSTALL := $(BIN)/uv pip install --quiet $(if $(TORCH_BACKEND),--torch-backend $(TORCH_BACKEND))
REQUIREMENTS := pyproject.toml $(wildcard requirements*.txt)

.PHONY: help
help: ## list every target
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "peakend needs Python 3.11 or later: none found. Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "· virtual environment in $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { echo "python's venv module is incomplete here; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check uv

$(VENV)/.serving: $(REQUIREMENTS) | $(BIN)/uv
	@echo "· packages for serving and the embedded broker"
	@VIRTUAL_ENV=$(abspath $(VENV)) $(INSTALL) --editable '.[broker]'
	@touch $@

$(VENV)/.testing: $(REQUIREMENTS) | $(BIN)/uv
	@echo "· packages for tests and training (torch: some GB the first time)"
	@VIRTUAL_ENV=$(abspath $(VENV)) $(INSTALL) --editable '.[broker,torch,train,dev]'
	@touch $@ $(VENV)/.serving

.PHONY: demo
demo: $(VENV)/.serving ## broker, worker, bundled conversations, live view of moments (Ctrl-C ends it)
	@$(BIN)/peakend demo $(ARGS)

.PHONY: test
test: $(VENV)/.testing ## all tests, those on a real Kafka included
	@$(BIN)/python -m pytest $(ARGS)

.PHONY: unit
unit: $(VENV)/.testing ## the tests that need no broker
	@$(BIN)/python -m pytest -m 'not broker and not chaos' $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.testing ## the deciding tests in full: restarts under load, freeze, backlog; prints a table
	@$(BIN)/python -m pytest -m chaos -s --timeout 3600 tests/broker $(ARGS)

.PHONY: lint
lint: $(VENV)/.testing ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: format
format: $(VENV)/.testing ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.testing ## speed as ratios on this machine: scorer, core, whole pipeline
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: golden
golden: $(VENV)/.testing ## write the golden recordings anew; look at the difference before committing it
	@$(BIN)/python -m tests.replay.golden

.PHONY: schemas
schemas: $(VENV)/.testing ## export JSON Schema for every topic into schemas/json
	@$(BIN)/peakend schema export

.PHONY: train
train: $(VENV)/.testing ## train the shipped model anew (hours on a CPU; DATA=, WORK=)
	@$(BIN)/python -m models.train run --data $(DATA) --work $(WORK) $(ARGS)

.PHONY: evaluate
evaluate: $(VENV)/.testing ## measure the shipped model: public sets (DATA=), written rows and conversations; writes its card
	@mkdir -p build
	@$(BIN)/peakend judge models/data/conversations_*.jsonl --split test --json > build/conversations.json
	@$(BIN)/python -m models.evaluate --data $(DATA) --scale --conversations build/conversations.json --card models/CARD.md $(ARGS)

.PHONY: doctor
doctor: $(VENV)/.serving ## look at Python, Java, model, broker, topics and lag, with a fix for each problem
	@$(BIN)/peakend doctor

.PHONY: clean
clean: ## remove the virtual environment and what tests and tools leave behind
	rm -rf $(VENV) build dist ./*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
