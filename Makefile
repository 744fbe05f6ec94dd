# Every target makes its own environment in .venv; only Python 3.11+, git and make are needed.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
EXAMPLES := weather everything awkward

.PHONY: demo test test-fast test-all stress fuzz check format bench size conformance examples clean

demo: .venv/demo ## generate the example, start its server, call it
	@$(BIN)/python docs/demo.py

test: .venv/dev ## everything that must pass
	@$(BIN)/pytest -v -n 2 --dist worksteal -m "not corpus and not slow"

# What starts few processes and no servers.
FAST := $(addprefix tests/,test_layers.py test_naming.py test_pycode.py test_threats.py contracts diagnostics \
	lint manifest protocol runtime/core safety/test_links.py safety/test_cache.py)

test-fast: .venv/dev ## the parts that need no processes and servers, while you work
	@$(BIN)/pytest -v -n 2 --dist worksteal -m "not corpus and not slow" $(FAST)

test-all: .venv/dev ## and what takes long: every manifest of the shared corpus
	@$(BIN)/pytest -n 2 --dist worksteal

stress: .venv/dev ## storms of disconnects, cancellations and time limits, a minute each (STRESS_SECONDS, STRESS_SEED)
	@STRESS_SECONDS=$${STRESS_SECONDS:-60} $(BIN)/pytest -q tests/stress

fuzz: .venv/dev ## a million mutated requests through the real handler, the parsers under atheris, and explanations of invalid values
	@$(BIN)/python -m tests.fuzz

check: .venv/dev ## formatting, lint, types, freshness of everything that is generated
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check generated_examples
	@$(BIN)/ruff check generated_examples
	@$(BIN)/mypy mcpgen tests benchmarks docs
	@for os in win32 darwin; do $(BIN)/mypy --platform $$os --no-warn-unreachable --cache-dir .mypy_cache/$$os mcpgen || exit 1; done
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@for e in $(EXAMPLES); do $(BIN)/mcpgen generate --check generated_examples/$$e || exit 1; done

format: .venv/dev
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

examples: .venv/dev ## regenerate the committed examples
	@for e in $(EXAMPLES); do $(BIN)/mcpgen generate generated_examples/$$e || exit 1; done

bench: .venv/dev ## measure, side by side
	@$(BIN)/python -m benchmarks $(ONLY)

size: .venv/dev ## code lines of the runtime and of the example project, part by part
	@$(BIN)/python -m benchmarks.size

conformance: .venv/dev ## the official suite, a table per scenario
	@$(BIN)/python -m tests.conformance

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "mcpgen needs Python 3.11 or newer; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/demo: .venv/bin/python pyproject.toml
	@echo "installing mcpgen and what generated packages need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml
	@echo "installing mcpgen and its development tools into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/demo

clean:
	@rm -rf .venv .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
