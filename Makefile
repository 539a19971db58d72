# `make help` lists what there is. All paths are relative: the checkout may stand in a folder with spaces.

PYTHON := .venv/bin/python
EXEC := $(PYTHON) -m embedded exec --
MANAGE := $(PYTHON) manage.py
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"
# A stamp belongs to one place: a checkout that was copied or moved with its .venv is installed again.
PLACE := $(shell pwd -P | cksum | cut -d ' ' -f 1)
RUN_STAMP := .venv/.run-$(PLACE)
DEV_STAMP := .venv/.dev-$(PLACE)
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)

args ?=
times ?= 20
only ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test coverage fuzz check ready bench install lock format messages openapi status psql stop clean \
	check-steps check-format check-lint check-imports check-types check-migrations check-migration-safety \
	check-openapi check-translations check-deploy check-commits check-templates

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(RUN_STAMP) ## Start everything on http://localhost:8000 (PORT=8001 make run for another port)
	@exec $(PYTHON) -m embedded run --with-parent

test: $(DEV_STAMP) ## Run the tests (args="-k orders -x" is passed to pytest)
	@exec $(EXEC) $(PYTHON) -m pytest -n auto $(args)

coverage: $(DEV_STAMP) ## Run the tests, measure lines and branches, hold them to their floors (args=--write raises these)
	@$(EXEC) $(PYTHON) -m pytest -n auto --cov --cov-report= --cov-report=json:.local/coverage.json
	@$(PYTHON) tests/architecture/coverage_floors.py .local/coverage.json $(args)

fuzz: $(DEV_STAMP) ## Let the property tests explore at random, longer (times=20 by default)
	@FUZZ=$(times) exec $(EXEC) $(PYTHON) -m pytest -n auto -m hypothesis $(args)

check: $(DEV_STAMP) ## Format, lint, architecture, types, migrations, API document, translations, deployment
	@$(EXEC) $(MAKE) --no-print-directory --keep-going --jobs=2 $(TOGETHER) check-steps \
		&& echo "make check: everything passed" || { echo "make check: failed, see the steps marked *** above"; exit 1; }

ready: ## Check and test the last commit in a clean clone, then note it in .local/ready
	@exec .ci/ready

bench: $(DEV_STAMP) ## Measure what must be fast (only=provision for one)
	@exec $(EXEC) $(PYTHON) tests/benchmarks/run.py only=$(only)

install: $(DEV_STAMP) ## Make .venv with everything locked for development

lock: $(DEV_STAMP) ## Resolve the dependencies anew (args=--upgrade takes newer versions)
	$(LOCK) $(args) pyproject.toml infra/requirements/build.in -o infra/requirements/run.txt
	$(LOCK) $(args) pyproject.toml infra/requirements/build.in infra/requirements/lock.in --group dev \
		--constraint infra/requirements/run.txt -o infra/requirements/dev.txt

format: $(DEV_STAMP) ## Format code and templates, and repair what the linter can
	@$(PYTHON) -m ruff check --fix --exit-zero --quiet
	@$(PYTHON) -m ruff format
	@$(PYTHON) -m djlint --quiet --reformat platform shared_apps tenant_apps

messages: $(DEV_STAMP) ## Collect and compile the translations
	@$(EXEC) $(MANAGE) translations --write

openapi: $(DEV_STAMP) ## Write the API documents
	@$(EXEC) $(MANAGE) openapi --write

status: $(RUN_STAMP) ## Say what runs and where its data is
	@$(PYTHON) -m embedded status

psql: $(RUN_STAMP) ## Open the database
	@exec $(PYTHON) -m embedded psql

stop: ## Stop what still runs
	@if test -x $(PYTHON); then $(PYTHON) -m embedded stop; else echo "Nothing is installed, so nothing runs."; fi

clean: stop ## Remove .venv and caches; the data in .local stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache build dist
	@find . -name __pycache__ -type d -not -path './.local/*' -prune -exec rm -rf {} +

# --- the steps of `make check`; each can be run alone ------------------------------------------------------------

check-steps: check-format check-lint check-imports check-types check-migrations check-migration-safety \
	check-openapi check-translations check-deploy check-commits check-templates

check-format: $(DEV_STAMP)
	$(PYTHON) -m ruff format --check

check-lint: $(DEV_STAMP)
	$(PYTHON) -m ruff check

check-imports: $(DEV_STAMP)
	PYTHONPATH=platform:infra:. $(PYTHON) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache

check-types: $(DEV_STAMP)
	$(PYTHON) -m mypy

check-migrations: $(DEV_STAMP)
	$(MANAGE) makemigrations --check --dry-run

check-migration-safety: $(DEV_STAMP)
	$(MANAGE) lint_migrations

check-openapi: $(DEV_STAMP)
	$(MANAGE) openapi --check

check-translations: $(DEV_STAMP)
	$(MANAGE) translations --check

check-templates: $(DEV_STAMP)
	$(PYTHON) -m djlint --quiet --check --lint platform shared_apps tenant_apps

check-commits: $(DEV_STAMP)
	$(PYTHON) tests/architecture/commits.py 023760a

# Values of no worth: only their form is looked at.
check-deploy: export DJANGO_SETTINGS_MODULE := config.settings.production
check-deploy: export SECRET_KEY := only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789
check-deploy: export ENCRYPTION_KEYS := check:b25seS1mb3ItdGhlLWNoZWNrLW9ubHktZm9yLWNoZWM=
check-deploy: export BASE_DOMAIN := banyan.example
check-deploy: $(DEV_STAMP)
	$(MANAGE) check --deploy --fail-level WARNING

# --- the environment -----------------------------------------------------------------------------------------------

$(PYTHON):
	@set -e; found=; \
	for candidate in python3 python3.13 python3.12 python3.11 python3.14; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$candidate"; break; fi; \
	done; \
	if test -z "$$found"; then \
		echo "Banyan needs Python 3.11 or newer. Here python3 is: $$(python3 --version 2>&1 || true)" >&2; exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version)"; \
	if "$$found" -c 'import ensurepip, venv' 2>/dev/null; then "$$found" -m venv .venv; \
	elif "$$found" -m virtualenv --version >/dev/null 2>&1; then "$$found" -m virtualenv --quiet .venv; \
	else \
		echo "This Python cannot make virtual environments: ensurepip is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv. Elsewhere: $$found -m pip install --user virtualenv." >&2; \
		exit 1; \
	fi

$(RUN_STAMP): infra/requirements/run.txt pyproject.toml | $(PYTHON)
	@$(call install,run.txt)
	@touch $@

$(DEV_STAMP): infra/requirements/dev.txt pyproject.toml | $(PYTHON)
	@$(call install,dev.txt)
	@touch $@ $(RUN_STAMP)

# The hashes in the lock are checked; the project itself comes last, built by the locked build backend.
define install
set -e; \
if test -e $@; then echo "The lock changed: updating .venv"; else echo "Installing $(1) into .venv, a minute or two the first time"; fi; \
$(PYTHON) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m ensurepip --upgrade >/dev/null; \
$(PIP) install --quiet --require-hashes -r infra/requirements/$(1); \
$(PIP) install --quiet --no-deps --no-build-isolation -e .
endef
