# Two commands are enough: `make run` opens the dashboard, `make test` checks everything.
# Needs Python 3.11 or newer, with pip and venv. PYTHON=python3.13 chooses another interpreter.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: run test check all-tests quick-tests lint format keys sentences bench profile screenshots soak clean

run: $(INSTALLED)
	@$(BIN)/studio-tui --local --samples

# mypy uses one processor, so the tests run beside it; whatever fails, both are run to their ends.
test: $(INSTALLED)
	@$(MAKE) --no-print-directory -j 2 lint all-tests

# The inner loop: whatever starts no process and draws no whole dashboard.
check: $(INSTALLED)
	@$(MAKE) --no-print-directory -j 2 lint quick-tests

all-tests: $(INSTALLED)
	$(BIN)/pytest -n auto

quick-tests: $(INSTALLED)
	STUDIO_TUI_TEST_NO_PROCESSES=1 $(BIN)/pytest -q -n auto -m "not starts_processes and not draws_dashboards"

lint: $(INSTALLED)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(INSTALLED)
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

keys: $(INSTALLED)
	@$(BIN)/python -m tests.keymap

sentences: $(INSTALLED)
	@$(BIN)/python -m tests.sentences

bench: $(INSTALLED)
	$(BIN)/python -m tests.bench $(BENCH)

# Where the time goes: make profile WHAT=start, cursor, page, idle, poll or follow.
profile: $(INSTALLED)
	$(BIN)/python -m tests.bench.profile $(WHAT)

screenshots: $(INSTALLED)
	$(BIN)/python -m tests.scenes screenshots

soak: $(INSTALLED)
	STUDIO_TUI_SOAK=1 STUDIO_TUI_SEEDS=3000 $(BIN)/pytest -n auto

# The lock has everything, so nothing is resolved.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "studio-tui needs Python 3.11 or newer; try make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--requirement requirements.lock --editable .
	@touch $@

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
