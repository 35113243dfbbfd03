# Needs python3 >= 3.11 with venv and pip; everything else goes into .venv.
#   make verify   install, verify the quick profile, print where the report is
#   make test     install the test extras, run the tests
#   make selftest put the suite itself to the test: planted faults, error rates, hostile input (half an hour)
#   make formal   install the Coq proof assistant where it is missing, check every proof with it
# Another interpreter: make verify PYTHON=python3.12
# Further options for pip, such as an index with the small CPU build of torch:
#   make verify PIP_OPTIONS="--extra-index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= python3
PIP_OPTIONS ?=
PROFILE ?= quick
SEED ?= 0

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt
# Every check and every torch computation uses one thread: more of them on busy cores are many times slower.
export OMP_NUM_THREADS := 1

.PHONY: help verify test selftest formal coq lint types bench clean
.DELETE_ON_ERROR:

help:
	@echo "make verify | test | selftest | formal | lint | types | bench | clean"

verify: $(VENV)/installed
	@$(BIN)/ntk-escape verify --profile $(PROFILE) --seed $(SEED)

test: $(VENV)/installed-extras
	@$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/benchmarks -q

# SELFTEST=--fast is a small one.
SELFTEST ?=
selftest: $(VENV)/installed-extras
	@$(BIN)/ntk-escape selftest --seed $(SEED) $(SELFTEST)

# Every proof and every mutated twin; the quick profile leaves the twins out.
formal: coq $(VENV)/installed
	@$(BIN)/python -c "import sys; from verify.coq import missing; sys.exit(missing() or 0)"
	@$(BIN)/ntk-escape verify --kind formal --profile standard --seed $(SEED) --out runs/formal-seed$(SEED)

# PyPI has no Coq. Only what is missing is installed, and only where apt-get can do it.
COQ_PACKAGES := coq libcoq-coquelicot libcoq-interval
COQ_NEEDED = for each in Coquelicot Flocq Interval; do \
    test -d "$$(coqc -where 2> /dev/null)/user-contrib/$$each" || exit 1; done
coq:
	@if ($(COQ_NEEDED)); then exit 0; fi; \
	as_root=; test "$$(id -u)" = 0 || as_root=sudo; \
	if ! command -v apt-get > /dev/null || { test -n "$$as_root" && ! command -v sudo > /dev/null; }; then \
	    echo "The proofs need Coq 8.16 or newer with Coquelicot 3 and Interval 4, which cannot be installed from here."; \
	    echo "As root: apt-get install -y --no-install-recommends $(COQ_PACKAGES)"; \
	    echo "With opam: opam install coq coq-coquelicot coq-interval. All else works without them."; exit 1; fi; \
	$$as_root apt-get update -qq && \
	    $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(COQ_PACKAGES); \
	if ! ($(COQ_NEEDED)); then \
	    echo "Coq, Coquelicot, Flocq or Interval is still missing after the installation."; exit 1; fi

lint: $(VENV)/installed-extras
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/installed-extras
	@$(BIN)/mypy

bench: $(VENV)/installed-extras
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-only -q

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

# The stamps are written last, so an interrupted installation starts again.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing into $(VENV) (a minute or two, once)"
	@$(INSTALL) setuptools
	@$(INSTALL) --no-build-isolation -e .
	@touch $@

$(VENV)/installed-extras: $(VENV)/installed
	@echo "installing the test extras into $(VENV)"
	@$(INSTALL) --no-build-isolation -e '.[test,lint]'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "ntk-escape needs Python 3.11 or newer; %s is %s. Use: make PYTHON=/path/to/python3.11" \
	    % (sys.executable, sys.version.split()[0]))'
	@$(PYTHON) -m venv $(VENV)
