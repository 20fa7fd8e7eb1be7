# Needs Python 3.10 or newer with pip, git and make; everything else goes into .venv.

PYTHON ?= $(shell python3.11 -c 'print("python3.11")' 2>/dev/null || echo python3)
# The pins are made for Python 3.11; on another version use `make CONSTRAINTS= ...` if one is missing.
CONSTRAINTS ?= -c constraints.txt
EXTRAS ?= all,docs,dev
PYTEST_ARGS ?= -n 2
OUT ?= demo-out

BIN := .venv/bin
STAMP := .venv/.installed
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS)

.DEFAULT_GOAL := help
.PHONY: help venv test test-slow lint types docs coverage tutorials format demo build release clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## make .venv with the package (editable) and the pinned dependencies

# The build backend goes in first, pinned like the rest, so that no build fetches one of its own.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) hatchling
	$(PIP_INSTALL) --no-build-isolation -e '.[$(EXTRAS)]'
	@touch $@

test: lint types docs coverage ## everything that must pass: lint, types, the site, tests with coverage

lint: $(STAMP) ## ruff (rules and formatting) and codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(STAMP) ## mypy --strict on the package
	$(BIN)/mypy

docs: $(STAMP) ## the documentation site in site/; every warning is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

tutorials: $(STAMP) ## run the tutorials and write their outputs (some minutes)
	$(PIP_INSTALL) --no-build-isolation -e '.[slow]'
	$(BIN)/python -m scripts.tutorials

coverage: $(STAMP) ## the tests without the slow ones, and the coverage gate
	$(BIN)/python -m pytest $(PYTEST_ARGS) --cov --cov-report=term

# Tests of reports in a browser are skipped without one: apt-get install chromium chromium-driver.
test-slow: $(STAMP) ## the slow tests only
	$(PIP_INSTALL) --no-build-isolation -e '.[slow]'
	$(BIN)/python -m pytest -m slow

format: $(STAMP) ## sort imports, apply safe fixes and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: $(STAMP) ## a short tour of the package; results go to $(OUT)
	$(BIN)/dispatchlab demo --out $(OUT)

build: $(STAMP) ## wheel and source distribution in dist/
	$(BIN)/python -m build --no-isolation

release: $(STAMP) ## build a release and try it out in a fresh environment; uploads nothing
	scripts/release.sh

clean: ## remove .venv, caches and results
	rm -rf .venv .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache
	rm -rf .ruff_cache build dist site $(OUT)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
