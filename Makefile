# c360: `make run` starts everything on embedded defaults, `make test` runs all tests.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
FOLDERS := c360 connectors plugins store resolvers schema api migrations sandbox benchmarks tests

# Python keeps what it compiled, else each of the many processes that tests start compiles all anew: 4 s each.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test thorough check bench format lock clean $(addprefix check-,types style imports graph drift tables)

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: $(VENV)/run.stamp ## start sandbox partners, server and worker; Ctrl-C stops all
	@exec $(BIN)/python -m api demo $(ARGS)

test: $(VENV)/dev.stamp ## run all tests, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone and not thorough"
	$(BIN)/python -m pytest -m "alone and not thorough" $(ALONE)

thorough: $(VENV)/dev.stamp ## run all tests at full size: both databases everywhere, more cases
	C360_THOROUGH=true $(BIN)/python -m pytest -n 2 --dist loadfile -m "not alone"
	C360_THOROUGH=true $(BIN)/python -m pytest -m alone $(ALONE)

# Only where such tests are: collecting all others would take longer than running these.
ALONE = $(shell grep -rl --include='test_*.py' 'pytest.mark.alone' tests)

check: $(VENV)/dev.stamp ## format, lint, types, imports, schema, migrations, tables in the documentation
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target $(addprefix check-,types style imports graph drift $(TABLES))

# Tests, which a developer wants before the others. In CI all tests follow at once, these among them.
TABLES = $(if $(CI),,tables)

check-types: ; $(BIN)/mypy --num-workers 2 $(FOLDERS)
check-style: ; $(BIN)/ruff format --check $(FOLDERS) && $(BIN)/ruff check $(FOLDERS)
check-imports: ; $(BIN)/lint-imports
check-graph: ; $(BIN)/python -m schema diff
check-drift: ; $(BIN)/python -m api migrate --check-drift
check-tables: ; $(BIN)/python -m pytest -q tests/docs/test_text.py tests/docs/test_tables.py

bench: $(VENV)/dev.stamp ## the measured promises, printed, and the race against other servers
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks race --workloads A,A64,A+,B,C,D,E,E1,F,G --contenders all \
		--crowd 100000 --connectors 54 --cold --memory 50000
	$(BIN)/python -m benchmarks report

format: $(VENV)/dev.stamp ## format and mend what can be mended
	$(BIN)/ruff format $(FOLDERS)
	$(BIN)/ruff check --fix $(FOLDERS)

lock: ## renew the hash-locked requirements (needs uv)
	uv pip compile pyproject.toml --extra app --group build $(LOCK) -o requirements/run.lock
	uv pip compile pyproject.toml --extra app --extra population --group build $(LOCK) -o requirements/population.lock
	uv pip compile pyproject.toml --extra app --extra models --group build $(LOCK) -o requirements/models.lock
	uv pip compile pyproject.toml --extra app --extra population --extra models --group build --group dev $(LOCK) -o requirements/dev.lock
LOCK := --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --quiet

clean: ## remove the environment and everything that was generated
	rm -rf $(VENV) var build dist

# The environment: Python is checked first, the lock is installed with its hashes, then the checkout itself.
$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "c360 needs Python 3.11: '$(PYTHON)' was not found. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { echo "c360 needs Python 3.11, found $$($(PYTHON) -V 2>/dev/null || echo nothing that runs). Name the right one: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "could not create $(VENV); is the venv module of $(PYTHON) installed?" >&2; exit 1; }

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what c360 runs on, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing what the tests need, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp
