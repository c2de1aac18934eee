# Everything a developer or a newcomer types. `make demo` and `make test` set up .venv when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CORPUS ?=
BENCHMARK ?=
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: help setup demo test lint gate check torture fix build bench clean

help: ## Say what there is to do
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

setup: $(STAMP) ## Make .venv and install the project into it

demo: $(STAMP) ## Index the sample handbook and answer three questions, offline and without a key
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh

test: $(STAMP) ## Run the tests
	$(BIN)/python -m pytest

lint: $(STAMP) ## Check format, style, types, layering and docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check.py

gate: $(STAMP) ## Ask the sample cases and fail where correctness, abstention or evidence fall short
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/gate.sh

check: test lint ## Both tests and lint

torture: $(STAMP) ## Try to break a store in every way there is (about three quarters of an hour)
	$(BIN)/python -m tests.torture all

fix: $(STAMP) ## Format, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

build: $(STAMP) ## Build the wheel and the sdist into dist/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt build
	$(BIN)/python -m build

bench: $(STAMP) ## Measure, on CORPUS=PATH or on the examples; BENCHMARK=retrieval and others run one of benchmarks/
	$(BIN)/python -m benchmarks$(if $(BENCHMARK),.$(BENCHMARK)) $(if $(CORPUS),--corpus $(CORPUS))

clean: ## Remove what can be made again
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis benchmarks/out
