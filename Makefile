# Every target works on a fresh machine: the environment is made when it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# processes that a command starts would each compile the whole package anew
unexport PYTHONDONTWRITEBYTECODE
# two processes, each file in one of them: fixtures of a file are made once
SIDE_BY_SIDE := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: quickstart test test-all cluster-test faults check docs format install clean

quickstart: $(STAMP)  ## install, then run the bundled quickstart
	$(BIN)/arena run quickstart

test: $(STAMP)  ## the test suite, minutes
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-all: $(STAMP)  ## the slow tests too, and new examples of every property
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --hypothesis-profile searching -m "slow or not slow"

cluster-test: $(STAMP)  ## three Ray nodes on this machine, one of them killed; FULL=1 for the real quickstart
	$(BIN)/python -m tests.cluster $(if $(FULL),--full)

faults: $(STAMP)  ## kill processes of runs at every moment, fill the disk, damage the store: some minutes
	$(BIN)/python -m pytest tests/faults -m "slow or not slow" -rA

check: $(STAMP)  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMP)  ## the site, into build/site; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev,docs,tables]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
