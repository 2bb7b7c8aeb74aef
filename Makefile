# venocode: `make demo` shows the main job, `make test` runs every check. Both build .venv on first use.

# The first Python from 3.11 to 3.13 that really runs and can build an environment.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	>/dev/null 2>&1 && echo "$$p" && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
DEMO := build/demo
DEMO_NOTE := $(DEMO)/two-veins.txt

.PHONY: help demo test lint format wheel clean

help:
	@echo "make demo    build .venv, code the demo notes, write one page to look at"
	@echo "make test    lint, type checks and all tests"
	@echo "make lint    ruff and mypy only"
	@echo "make format  let ruff put the code in order"
	@echo "make wheel   build the wheel into dist/"
	@echo "make clean   remove .venv and everything built"
	@echo "PYTHON=... picks the interpreter (3.11, 3.12 or 3.13)"

# An environment with the package; constraints/ holds one lock for each Python, so that two installs are alike.
# Editing pyproject.toml or a lock runs pip again; otherwise the stamps make repeated calls quick.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "venocode needs Python 3.11, 3.12 or 3.13 with the venv module (Debian and Ubuntu: the package python3-venv); name one with make PYTHON=..."; exit 1; }
	"$(PYTHON)" -m venv $(VENV)

LOCK = constraints/py$$($(BIN)/python -c 'import sys; print("%d%d" % sys.version_info[:2])').txt

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml $(wildcard constraints/*.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(LOCK) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(LOCK) -e '.[dev]'
	@touch $@

demo: $(VENV)/.installed
	@mkdir -p $(DEMO)
	$(BIN)/venocode batch corpora/demo/notes.jsonl -o $(DEMO)/results.jsonl
	@$(BIN)/python -c 'import json, sys; [print(n["text"]) for n in map(json.loads, open(sys.argv[1], encoding="utf-8")) if n["note_id"] == "two-veins"]' corpora/demo/notes.jsonl > $(DEMO_NOTE)
	$(BIN)/venocode code $(DEMO_NOTE) --html $(DEMO)/two-veins.html
	@echo
	@echo "results: $(DEMO)/results.jsonl (one record a line; docs/result-record.md explains it)"
	@echo "page:    $(DEMO)/two-veins.html (open it in a browser)"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n auto

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find nlp tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
