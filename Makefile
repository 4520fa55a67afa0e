# For a newcomer: `make demo`, then `make test`. Both need Python 3.11 or newer and make, nothing else.

PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
VENV ?= .venv
BIN := $(VENV)/bin
# More than there are cores: tests wait for servers, processes and disks.
TEST_PROCESSES ?= 4
PIP := $(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --root-user-action=ignore
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.DELETE_ON_ERROR:
.PHONY: help demo test check types faults fmt bench schemes openapi client readme docs lock clean

help: ## show what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-8s %s\n' "$$name" "$$text"; \
	done

demo: $(VENV)/ready ## start the service and send it 300 incidents (DEMO_ONCE=1: check them and stop)
	@$(BIN)/compensation-service demo

# Programs that tests start hundreds of times are compiled once, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/ready-dev ## run all tests, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal -q

check: $(VENV)/ready-dev ## everything that must hold before a change is taken
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports
	$(BIN)/deptry src
	$(BIN)/hadolint Dockerfile
	@$(MAKE) --no-print-directory --jobs=2 types test

# Half a minute on one core: the tests run on the others meanwhile.
types: $(VENV)/ready-dev
	$(BIN)/mypy

faults: $(VENV)/ready-dev ## crash, kill, pause, cut off and plant faults, and look that nothing is lost (a quarter to half an hour)
	FAULTS=long BUDGET_RACE=long $(BIN)/python -m pytest -n 2 --dist worksteal -q tests/faults tests/services/test_reservations.py tests/api/test_schemathesis.py
	@PYTHONPATH=tests $(BIN)/python -m faults.planted

fmt: $(VENV)/ready-dev ## format the code and mend what can be mended
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

bench: $(VENV)/ready-dev ## measure the service against doing nothing and against its database, and a history of a million (half an hour)
	$(BIN)/python benchmarks/run
	$(BIN)/python benchmarks/history

schemes: $(VENV)/ready-dev ## hold the published schemes against their cases, a line each
	@PYTHONPATH=tests $(BIN)/python -m schemes.casebook

openapi: $(VENV)/ready-dev ## write openapi/openapi.json anew from the code, and the client from it
	$(BIN)/compensation-service openapi > openapi/openapi.json
	$(BIN)/python tools/client.py

client: $(VENV)/ready-dev ## write the generated half of clients/python anew from openapi/openapi.json
	$(BIN)/python tools/client.py

readme: $(VENV)/ready-dev ## write the generated parts of README.md and its picture anew from the code
	$(BIN)/python tools/readme.py
	$(BIN)/python -m compensation_service.policies.figure > docs/curves.svg

docs: $(VENV)/ready-dev ## write the generated parts of docs/ and the JSON Schemas anew from the code
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/history_guide.py

lock: ## bring the lock files up to pyproject.toml; UPGRADE=--upgrade takes the newest versions (needs uv)
	$(LOCK) $(UPGRADE) pyproject.toml --extra postgres -o requirements.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra postgres --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) $(UPGRADE) --group build -c requirements-dev.txt -o requirements-build.txt

clean: ## remove the environment and everything made by running
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The environment is as the lock files say, and is brought up to date when they or pyproject.toml change.
$(VENV)/ready: requirements.txt requirements-build.txt pyproject.toml
	@python=; for candidate in $(PYTHON); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11 or newer among: $(PYTHON). Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
			echo "$$python cannot make environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; \
		fi; \
		echo "Making $(VENV) with $$("$$python" --version) ..." >&2; \
		"$$python" -m venv $$([ -x $(BIN)/python ] || echo --clear) $(VENV); \
	fi
	@echo "Installing $$(grep -c == requirements.txt) locked packages, about half a minute ..." >&2
	@$(PIP) --require-hashes -r requirements.txt -r requirements-build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@echo "Installing $$(grep -c == requirements-dev.txt) locked packages for development, about half a minute ..." >&2
	@$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@
