# `make grade` and `make test` need nothing but Python >= 3.11 with venv, and the package registries.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SUBMISSIONS ?= submissions

.PHONY: grade check test lint lock clean

grade: $(VENV)/.ready
	$(BIN)/python grader.py $(SUBMISSIONS)

# The linters, and the tests of what has changed since main, as far as a minute goes.
check: export OPENBLAS_NUM_THREADS = 1
check: $(VENV)/.ready-dev lint
	$(BIN)/python -m tests.changed

# As the grader does for itself: small products are slower on many threads.
test: export OPENBLAS_NUM_THREADS = 1
test: $(VENV)/.ready-dev lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The locks hold versions and hashes but no index: pip takes the one this machine is set up for.
$(VENV)/.ready: requirements.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "subgrader needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# Needs uv; run it after the dependencies in pyproject.toml have changed.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
		pyproject.toml --extra cluster -c requirements.lock -c requirements-dev.lock -o requirements-cluster.lock

clean:
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: schema
# The types are the source of the documented schema; run this after they have changed. Nothing is installed for it
# where there is a virtual environment already.
schema: $(if $(wildcard $(BIN)/python),,$(VENV)/.ready)
	$(BIN)/python -c 'import json; from grading.reports.json_report import report_schema as s; print(json.dumps(s(), indent=1))' \
		> docs/report.schema.json
	$(BIN)/python -c 'import json; from grading.rubric.schema import rubric_schema as s; print(json.dumps(s(), indent=1))' \
		> docs/rubric.schema.json

.PHONY: picture
# The picture in the README, docs/report.png; needs Chromium.
picture: $(VENV)/.ready-dev
	$(BIN)/python -m tests.grading.reports.picture

.PHONY: site
# docs/ as pages in site/; fails on any link that leads nowhere.
site: $(VENV)/.ready-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
