# Every command makes .venv first. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
ONLY ?=
# GitHub's payloads, recorded by others; the tests know the digest
OCTOKIT := octokit-webhooks-examples-7.6.1.tgz
# tus's own client and server in JavaScript, each package known by its digest
TUS := tests/datalake/npm
# what the zips of the apps carry
OF_APPS := notifier/requirements.txt datalake/requirements.txt

.PHONY: help demo test payloads check bench local policies fmt clean

help: ## list the commands
	@grep -E '^[a-z.]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv ## drive the main job of all three parts on an emulated AWS, then stop it
	@$(BIN)/python -m localcloud demo

test: .venv payloads ## run every test
	@$(BIN)/python -m pytest -q -rs --cov --cov-report=term

payloads: .venv ## fetch what tests and bench take from npm, where npm is there, and the wheels of the apps
	@[ -e .local/$(OCTOKIT) ] || { mkdir -p .local && \
	  npm pack --silent --fetch-retries=1 --fetch-timeout=20000 --pack-destination .local @octokit/webhooks-examples@7.6.1 >/dev/null 2>&1; } || \
	  echo "npm cannot fetch @octokit/webhooks-examples: the tests with GitHub's recorded payloads are skipped"
	@cmp -s $(TUS)/package-lock.json .local/npm/package-lock.json || { rm -rf .local/npm && mkdir -p .local/npm && \
	  cp $(TUS)/package.json $(TUS)/package-lock.json .local/npm && \
	  npm ci --silent --prefix .local/npm --omit=optional --ignore-scripts --no-audit --no-fund \
	  --fetch-retries=1 --fetch-timeout=20000 >/dev/null 2>&1; } || { rm -rf .local/npm; \
	  echo "npm cannot fetch tus-js-client and @tus/server: the tests and the measurement with them are skipped"; }
	@cat $(OF_APPS) | cmp -s - .local/wheels/requirements.txt || { rm -rf .local/wheels && \
	  $(BIN)/python -m pip download --quiet --disable-pip-version-check --only-binary=:all: --dest .local/wheels \
	  $(addprefix -r ,$(OF_APPS)) && cat $(OF_APPS) > .local/wheels/requirements.txt; } || \
	  echo "pip cannot fetch the wheels of the apps: tests that package them ask the package index each time"

check: .venv ## format, lint, types, generated policies, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m platform_deploy policies --check
	@$(BIN)/python -m pytest -q tests/test_architecture.py

bench: .venv payloads ## measure; ONLY=notifier, datalake, … for one part (python -m bench --help)
	@$(BIN)/python -m bench $(ONLY)

local: .venv ## keep the local cloud up until Ctrl-C, and print its addresses and what to try
	@$(BIN)/python -m localcloud up

policies: .venv ## write .chalice/*.json from the apps' resources.yml
	@$(BIN)/python -m platform_deploy policies

fmt: .venv ## format and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean: ## remove what the commands made
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.venv: .venv/.installed ## make the virtual environment with all of requirements-dev.txt

.venv/.installed: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Trivet needs Python 3.11 or newer; this is $$($(PYTHON) --version). Name another: make PYTHON=python3.13 …"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; rm -rf .venv; exit 1; }
	@echo "installing the packages of requirements-dev.txt (about a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
