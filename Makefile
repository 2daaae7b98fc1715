# make run    install what is missing and serve the dashboard (PORT=8501)
# make test   install, check style, types and imports, then run every test
# make test-heavy   what takes minutes: long journeys in the browser, promises of the estimate, hostile uploads
# make test-presets   train every preset from the command line, on generated files; some minutes
# make test-coverage  count the promises of the synergy estimate on DRAWS=100 draws of every population; an hour
# make bench  print the benchmark tables
# make screenshots   pictures of every page, into screenshots/
# make gpu    check and time the engine on a card, under 8 minutes; GPU_OPTIONS="--device cpu" for what there is

PYTHON ?= python3
PORT ?= 8501
WORKERS ?= 2
DRAWS ?= 100
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

define CHECK_PYTHON
import sys
found = ".".join(map(str, sys.version_info[:3]))
sys.exit(0 if sys.version_info >= (3, 11) else "Python %s is too old: 3.11 or newer is needed; name one with PYTHON=..." % found)
endef

define CHECK_PORT
import socket, sys
port = sys.argv[1]
if not (port.isdigit() and 0 < int(port) < 65536):
    sys.exit(f"PORT={port} is not a port: choose a number from 1 to 65535")
with socket.socket() as probe:
    if probe.connect_ex(("127.0.0.1", int(port))) == 0:
        sys.exit(f"port {port} is in use; choose another, such as: make run PORT=8600")
endef
export CHECK_PYTHON CHECK_PORT

TOOLS := PYTHONPATH=tests:tests/app:tests/browser

.PHONY: run test test-heavy test-presets test-coverage gates bench screenshots gpu
.DEFAULT_GOAL := run

run: $(VENV)/.installed
	@$(BIN)/python -c "$$CHECK_PORT" "$(PORT)"
	@exec $(BIN)/streamlit run app/main.py --server.port $(PORT)

test: $(VENV)/.installed-for-tests gates
	@$(BIN)/python tests/browser/chromium.py
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup -m "not presets and not heavy"

test-heavy: $(VENV)/.installed-for-tests
	@$(BIN)/python tests/browser/chromium.py
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadgroup -m heavy

test-presets: $(VENV)/.installed-for-tests
	@$(BIN)/python -m pytest tests/app/training/test_every_preset.py

test-coverage: $(VENV)/.installed-for-tests
	@SYNERGY_DRAWS=$(DRAWS) $(BIN)/python -m pytest --numprocesses $(WORKERS) -m coverage

gates: $(VENV)/.installed-for-tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-for-tests
	@set -e; for script in tests/benchmarks/bench_*.py; do echo "== $$script"; $(TOOLS) $(BIN)/python $$script; done

screenshots: $(VENV)/.installed-for-tests
	@$(BIN)/python tests/browser/chromium.py
	@$(TOOLS) $(BIN)/python tests/screenshots.py screenshots

gpu: $(VENV)/.installed
	@$(BIN)/python tests/gpu $(GPU_OPTIONS)

# The stamps are touched last, so that an interrupted installation is done again.
$(VENV)/.installed: constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time this takes some minutes."
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-for-tests: constraints.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV), with the tools for the tests; the first time this takes some minutes."
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@$(PYTHON) -c "$$CHECK_PYTHON"
	@$(PYTHON) -m venv $(VENV)
