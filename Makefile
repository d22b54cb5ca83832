# Needs Python 3.11 or newer with pip and venv, and GNU make. Everything is installed into .venv.
PYTHON   ?= python3
JOBS     ?= 2
DEMO_DIR ?= .

VENV := .venv
BIN  := $(abspath $(VENV))/bin

export OPENBLAS_NUM_THREADS ?= 1
export MPLBACKEND           ?= Agg

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-all coverage kernel-coverage lint format docs bench clean distclean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  DEMO_DIR=folder  where make demo writes (default: the current folder)"
	@echo "  JOBS=n           how many processes run the tests (default: 2)"
	@echo "  ARGS=...         more arguments for pytest, such as ARGS='-k chebyshev'"
	@echo "  DOCS_ARGS=...    more arguments for Sphinx, such as '-D plot_gallery=0', which runs no script of the gallery"
	@echo "  PYTHON=python3   the Python that .venv is made with"

# One stamp for each extra; all are remade when pyproject.toml changes.
$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

.PRECIOUS: $(VENV)/.installed-%

demo: $(VENV)/.installed-demo ## run the demonstration; its pictures and files go to DEMO_DIR
	@mkdir -p '$(DEMO_DIR)'
	cd '$(DEMO_DIR)' && $(BIN)/polyunroll demo

test: $(VENV)/.installed-test ## run the quick tests
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" $(ARGS)

test-all: $(VENV)/.installed-test-all ## run every test, the slow ones too; none of an emitted solver is skipped
	POLYUNROLL_REQUIRE_TARGETS=1 $(BIN)/python -m pytest -n $(JOBS) $(ARGS)

coverage: $(VENV)/.installed-test ## run every test and list the lines that none reaches
	$(BIN)/python -m pytest -n $(JOBS) --cov --cov-report=term $(ARGS)

kernel-coverage: $(VENV)/.installed-test ## see that the tests of claims reach every line and branch of the kernel
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow" tests/claims --cov --cov-branch --cov-report= --quiet $(ARGS)
	$(BIN)/python -m coverage report --include='polyunroll/claims/kernel/*' --fail-under=100

lint: $(VENV)/.installed-lint ## check style, types and the order of the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.installed-lint ## put the code into the style that make lint asks for
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-docs ## build the documentation into docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -b html $(DOCS_ARGS) docs docs/_build/html

bench: $(VENV)/.installed-bench ## run every script of bench/, with its peers
	@set -e; for script in bench/*.py; do echo "== $$script"; $(BIN)/python "$$script"; done

clean: ## remove what builds, tests and linters leave behind
	rm -rf build dist docs/_build docs/examples .coverage .coverage.* htmlcov
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## make clean, and remove .venv
	rm -rf $(VENV)
