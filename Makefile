# Every command of the project. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# How long `make demo` shows alerts; `prewarn demo` alone goes on until Ctrl-C.
DEMO ?= --seconds 60
# How long a story `make chaos` tells, and which.
SETTLEMENTS ?= 20000
SEED ?= 1
# V12 is about December, after five weeks of history.
PROVINCE ?= --events 1000000 --start 2026-11-05 --days 36
STAMP := .venv/.from-lock
# What checks deploy/ and k8s/, in environments of its own under .cache.
CHECKERS := tests/deploy/checkers
AUDIT := .venv-audit
# Tests start programs hundreds of times: what is compiled is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
# Seconds that `make fuzz` spends on each reader.
FUZZ ?= 60

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit slow deploy-check faults image stream lint format types bench chaos province audit fuzz privacy lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: $(STAMP) ## .venv with everything the project needs, and the command prewarn in it

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "prewarn needs Python 3.11 or newer; say which: make PYTHON=python3.11 setup")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## the whole system on live simulated settlements, with alerts in the terminal (a minute; DEMO="--seconds 600" for longer)
	$(BIN)/prewarn demo $(DEMO)

test: setup lint types unit slow deploy-check stream ## every check and every test that this machine can run; says which could not run and why

unit: setup ## the tests that need nothing but Python
	$(BIN)/pytest -m "not kafka and not slow and not deploy" -n auto --dist loadfile

deploy-check: setup .cache/checkers .cache/checkov ## every checker of deploy/ and k8s/ (promtool and amtool: apt-get install prometheus prometheus-alertmanager)
	$(BIN)/pytest -m deploy -n auto --dist loadfile tests/deploy

.cache/%: $(CHECKERS)/%.lock $(STAMP)
	@rm -rf $@ && mkdir -p .cache
	$(BIN)/uv venv --quiet --no-project $@
	$(BIN)/uv pip install --quiet --require-hashes --python $@/bin/python -r $<
	@touch $@

faults: setup ## faults on real workers, and which alerts a real Prometheus raises: a table (FAULTS="--short" as in CI)
	$(BIN)/python -m tests.deploy.faults $(FAULTS)

image: setup ## build deploy/Dockerfile without a registry, say how large it is, run a worker of it (root; apt-get install buildah mmdebstrap)
	$(BIN)/python -m tests.deploy.image

slow: setup ## the other tests that need nothing but Python: whole simulated seasons, the demo
	$(BIN)/pytest -m "slow and not kafka" -n auto --dist loadfile

stream: setup ## the tests against a real Apache Kafka (Java 17 and Maven)
	$(BIN)/pytest -m kafka -n 2 --dist loadfile

lint: setup ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## rewrite in the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## strict types
	$(BIN)/mypy

bench: setup ## measure the hot paths beside their baselines
	$(BIN)/python -m tests.bench

chaos: setup ## kill, stop and hold up workers and brokers under load, and compare (SETTLEMENTS=1000000 SEED=1)
	$(BIN)/python -m tests.chaos --settlements $(SETTLEMENTS) --seed $(SEED)

province: setup ## recall, precision and alert rate of every rule on a simulated province (PROVINCE="--events 1000000 ...")
	mkdir -p .cache/province
	$(BIN)/prewarn simulate $(PROVINCE) -o .cache/province/events.jsonl.zst --labels .cache/province/labels.jsonl \
	  --reference .cache/province/facts
	$(BIN)/prewarn screen .cache/province/events.jsonl.zst --labels .cache/province/labels.jsonl \
	  --reference .cache/province/facts -o .cache/province/results.jsonl.zst

$(AUDIT)/.from-lock: requirements-audit.lock
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	@touch $@

audit: setup $(AUDIT)/.from-lock ## dependencies: locked, installed, known vulnerabilities, bill of materials (build/sbom.cdx.json)
	$(BIN)/python -m tests.audit $(AUDIT)/bin build/sbom.cdx.json

fuzz: setup $(AUDIT)/.from-lock ## readers of foreign bytes, guided by coverage (FUZZ=60: seconds for each)
	@for target in decoder records expression table pack; do \
	  PYTHONPATH=$$(echo $(AUDIT)/lib/python*/site-packages) $(BIN)/python -m tests.fuzz $$target $(FUZZ) || exit 1; done

privacy: setup ## search all that leaves two workers after 100,000 settlements for persons' identifiers (Java 17 and Maven)
	$(BIN)/python -m tests.privacy

lock: ## resolve requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --group dev \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --constraint requirements.lock --extra rocksdb \
	  --custom-compile-command "make lock" pyproject.toml -o deploy/requirements.lock
	echo hatchling | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --constraint requirements.lock \
	  --custom-compile-command "make lock" - -o deploy/build.lock
	for name in checkers checkov; do $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes \
	  --custom-compile-command "make lock" $(CHECKERS)/$$name.in -o $(CHECKERS)/$$name.lock || exit 1; done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group audit \
	  --custom-compile-command "make lock" -o requirements-audit.lock

clean: ## remove what can be made again
	rm -rf .venv .venv-audit build .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache
