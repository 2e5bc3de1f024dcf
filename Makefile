# Two commands carry everything: `make demo` and `make test`. `make help` lists the others.
export PYTHON
SETUP := scripts/python.sh scripts/setup.py
BIN := .venv/bin
LINTED := servicedesk saml tests scripts bench wsgi.py
FAST := $(wildcard tests/rules tests/saml tests/store tests/actions)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast conformance check bench messages routes pictures lock install format clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## Everything from a fresh clone to a running desk with demo data on http://127.0.0.1:8000
	@$(SETUP) demo
	@SERVICEDESK_CONFIG=$${SERVICEDESK_CONFIG:-config/demo.toml} exec $(BIN)/flask --app wsgi demo

test: ## Everything from a fresh clone to a green test run
	@$(SETUP) test
	@$(SETUP) conformance
	@exec $(BIN)/python scripts/test.py

test-fast: ## The daily loop: rules, saml, store and actions on SQLite
	@$(SETUP) test
	@exec $(BIN)/pytest -n 2 --dist loadgroup --engines sqlite -q $(FAST)

conformance: ## AgID's checks of a SPID and CIE service provider, every answer at every level
	@$(SETUP) test
	@$(SETUP) conformance
	@SERVICEDESK_TEST_CONFORMANCE=full exec $(BIN)/python scripts/test.py -n 0 -q tests/conformance

check: ## Lint, formatting, types, layering
	@$(SETUP) test
	$(BIN)/ruff check $(wildcard $(LINTED))
	$(BIN)/ruff format --check $(wildcard $(LINTED))
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: ## Measurements in bench/, one after the other
	@$(SETUP) test
	@for each in $(basename $(notdir $(wildcard bench/*.py))); do echo "== $$each"; $(BIN)/python -m bench.$$each || exit 1; done

messages: ## Collect the sentences into translations/; says which lack an Italian text
	@$(SETUP) test
	@$(BIN)/python scripts/messages.py

routes: ## Write docs/permissions.md: every address and who may open it
	@$(SETUP) test
	@$(BIN)/python scripts/routes.py

pictures: ## Take the guides' pictures anew from a running, freshly begun demo
	@$(SETUP) test
	@$(BIN)/python scripts/pictures.py

lock: ## Recompile requirements*.txt (UPGRADE=1 moves every pin)
	@scripts/lock.sh

install: ## What production needs: virtual environment, packages, compiled translations
	@$(SETUP) production

format: ## Put the code in its one shape
	@$(SETUP) test
	$(BIN)/ruff check --fix $(wildcard $(LINTED))
	$(BIN)/ruff format $(wildcard $(LINTED))

clean: ## Remove caches and compiled files; the environment and the data stay
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
