# Every target sets itself up in .venv; nothing but Python 3.11+ and make is needed.
.DEFAULT_GOAL := help
export PYTHONDONTWRITEBYTECODE =

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
MINUTES ?= 20

.PHONY: help demo test check bench soak

help: ## what each target does
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 10

demo: .venv/core ## real matters from the plan on a virtual clock (ARGS="--lang vi" passes options)
	@$(BIN)/phoihop demo $(ARGS)

test: .venv/dev ## the whole test suite
	@$(BIN)/python -m pytest -n auto

check: .venv/dev ## style, types, and the rules of the house about imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/dev ## what it costs, each figure beside a hand-written floor of the same run
	@for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

soak: .venv/dev ## the proof harnesses for MINUTES (default 20), with fresh seeds: see docs/proofs.md
	@$(BIN)/python -m tests.soak $(MINUTES)

.venv/core: pyproject.toml | .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/dev: pyproject.toml | .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ .venv/core

.venv:
	@test -n "$(PYTHON)" || { echo 'phoihop needs Python 3.11 or newer on the PATH' >&2; exit 1; }
	@$(PYTHON) -m venv .venv
