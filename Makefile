# Two commands matter: `make book` builds the book and serves it, `make test` runs every test.
# All others are named in CONTRIBUTING.md. Each target does its own set-up, once: the stamp files
# in .venv/ and _build/ say what is already done.

PYTHON ?= python3
PORT ?= 0
# Processes that share the tests. What is measured against a clock has the machine alone.
WORKERS ?= 2
# Jupyter asks a container's root user to say that this is meant.
LAB_FLAGS ?= $(if $(filter 0,$(shell id -u)),--allow-root)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet
HTML := _build/html

# Everything that a page is made of: when none of it is newer than the stamp, nothing is built.
SOURCES := _config.yml _toc.yml requirements/book.txt \
  $(shell find book notebooks src -type f \
    -not -name '*.pyc' -not -path '*/.*' -not -path '*.egg-info/*' 2>/dev/null | sed 's/ /\\ /g')

.PHONY: help book html setup lab test bench record outputs lock format clean
help:
	@echo 'make book   build the book and serve it at a local address'
	@echo 'make test   run every test, the browser tests included'
	@echo 'make setup  install what both need        make html   build the book only'
	@echo 'make lab    JupyterLab on the labs        make bench  print the measured figures'
	@echo 'make lock   pin the dependencies anew     make clean  remove what was built here'

book: html
	$(PY) -m decentralized_ai.live.serve $(HTML) --port $(PORT)

html: $(HTML)/.stamp

$(HTML)/.stamp: $(VENV)/.book $(SOURCES)
	$(PY) -m decentralized_ai.live.assets
	$(VENV)/bin/jupyter-book build . -W -n --keep-going
	@touch $@

setup: $(VENV)/.test

lab: $(VENV)/.lab
	$(VENV)/bin/jupyter lab --notebook-dir notebooks $(LAB_FLAGS)

test: $(VENV)/.test
	$(PY) -m decentralized_ai.live.assets
	$(PY) -m decentralized_ai.live.chromium
	$(PY) -m pytest --numprocesses=$(WORKERS) --dist=worksteal

bench: $(VENV)/.test html
	$(PY) -m decentralized_ai.live.chromium
	$(PY) -m bench

# The recorded training runs, under an hour on two cores; an interrupted run goes on where it
# stopped. Then the labs' outputs, which show them.
record: $(VENV)/.test
	$(PY) -m decentralized_ai.experiments
	$(MAKE) outputs

# The stored outputs of the labs, which nbval compares: run anew after a model changes.
outputs: $(VENV)/.test
	$(PY) tools/nbnorm.py --run

format: $(VENV)/.test
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# A file for each use, from one resolution: the first command resolves everything together, the
# others take their versions from it. Needs the network, and writes no address of an index.
LOCK := $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
  --no-annotate --custom-compile-command 'make lock'
lock: $(VENV)/.test
	@mkdir -p requirements _build
	$(LOCK) --all-extras --upgrade -o _build/all.txt
	$(LOCK) --extra lab --extra book --extra torch -c _build/all.txt -o requirements.txt
	$(LOCK) --extra book -c _build/all.txt -o requirements/book.txt
	$(LOCK) --extra lab --extra torch -c _build/all.txt -o requirements/lab.txt
	$(LOCK) --extra lab --extra book --extra torch --extra test -c _build/all.txt -o requirements/test.txt
	$(PY) -m decentralized_ai.live.assets --lock

clean:
	rm -rf _build .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'This book needs Python 3.11 or newer: try make PYTHON=python3.12 (or another name).' >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)

# The package itself is installed in place, with the pinned setuptools and without a network.
$(VENV)/.book $(VENV)/.lab $(VENV)/.test: $(VENV)/.%: requirements/%.txt pyproject.toml | $(PY)
	$(PIP) install -r $<
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
