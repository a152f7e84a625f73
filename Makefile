# Every target works on a fresh machine: the environment is made when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: quickstart test test-all check format install clean

quickstart: $(STAMP)  ## install, then run the bundled quickstart
	$(BIN)/arena run quickstart

test: $(STAMP)  ## the test suite, minutes
	$(BIN)/python -m pytest

test-all: $(STAMP)  ## the slow tests too
	$(BIN)/python -m pytest -m "slow or not slow"

check: $(STAMP)  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
