# What one does with this checkout. `make` alone lists it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
LOCAL := $(BIN)/python -m csp_airflow.local
# Without bytecode every Airflow command takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run ui down status airflow test units smoke properties simulate-import simulate check format lock clean browser deployment redis bench fuzz

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/.runs ## the day through Airflow: import, reconcile, issue; then stop Airflow and print the headline
	@$(LOCAL) run

ui: $(VENV)/.runs ## Airflow's user interface on this machine only; prints address and login
	@$(LOCAL) up

down: $(VENV)/.runs ## stop what `make ui` started
	@$(LOCAL) down

status: $(VENV)/.runs ## which of Airflow's processes are up
	@$(LOCAL) status

airflow: $(VENV)/.runs ## Airflow's own command for what `make ui` started: make airflow ARGS="dags list"
	@$(LOCAL) airflow $(ARGS)

test: ## everything: checks, unit, property and database tests, beside them DAG and smoke tests
	@$(MAKE) --no-print-directory -j 4 check units smoke

# Airflow waits half of its time. The others use that half, and give way. Importing it takes five seconds of a core in
# each process, so what does is in folders that the others don't even look into.
WITH_AIRFLOW := tests/smoke tests/dags tests/csp_airflow

units: $(VENV)/.tests ## the tests that need no Airflow: unit, property, database
	nice -n 5 $(BIN)/pytest -q -n 3 --dist worksteal $(WITH_AIRFLOW:%=--ignore=%)

# What it says comes whole at its end, so that it stays readable beside the others.
SAID := $(VENV)/smoke.log

smoke: $(VENV)/.tests browser ## the tests with Airflow, DAGs, processes and a browser
	$(BIN)/pytest -q -n 2 --dist loadscope --no-loadscope-reorder $(WITH_AIRFLOW) > $(SAID) 2>&1; \
	failed=$$?; cat $(SAID); exit $$failed

properties: $(VENV)/.tests ## every property on many more examples than `make test` has time for
	HYPOTHESIS_PROFILE=wide $(BIN)/pytest -q -m hypothesis -n 2 --dist worksteal --timeout 7200

SEEDS ?= 1000
FROM ?= 0

simulate-import: $(VENV)/.tests ## fetch a month under random faults and kills, for SEEDS seeds from FROM on; names those that fail
	$(BIN)/python -m tests.faults.month_under_faults --seeds $(SEEDS) --from $(FROM)

DAYS ?= 365
KILL_NINE ?= 0
WORLD ?= usual
DATABASE ?= sqlite
FORKS ?=
TURNS ?=

simulate: $(VENV)/.tests ## live through made-up years (DAYS days) under faults, for SEEDS seeds from FROM on; names those that break a promise
	$(BIN)/python -m tests.faults.year --seeds $(SEEDS) --from $(FROM) --days $(DAYS) --kill-nine $(KILL_NINE) \
		--world $(WORLD) --database $(DATABASE) $(FORKS:%=--forks %) $(TURNS:%=--turns %)

check: $(VENV)/.tests ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.tests ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.runs ## compile requirements*.txt anew
	$(BIN)/uv pip compile requirements.in -o requirements.txt --python-version 3.11 --no-header
	$(BIN)/uv pip compile requirements-dev.in -o requirements-dev.txt --python-version 3.11 --no-header
	$(BIN)/uv pip compile requirements-fuzz.in -o requirements-fuzz.txt --python-version 3.11 --no-header

browser: ## a browser for the tests that look at pages
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	|| { echo "SKIPPED FOR WANT OF A BROWSER: install chromium"; [ "$$CI" != true ]; }

deployment: $(VENV)/.tests redis ## as root: the compose file's processes without a container engine, and a day through its Celery worker
	$(BIN)/python -m tests.deployment

redis:
	@command -v redis-server >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq redis-server >/dev/null \
	&& { systemctl disable --now redis-server 2>/dev/null || service redis-server stop >/dev/null 2>&1 || true; }; } \
	|| { echo "THE DEPLOYMENT CANNOT BE TRIED: install redis-server"; exit 1; }

bench: $(VENV)/.tests ## measure everything against its floor; writes bench/RESULTS.md
	$(BIN)/python -m bench

SECONDS ?= 300

fuzz: $(VENV)/.fuzz ## feed every reader mutated files for SECONDS each, 300 by default; writes fuzz/RESULTS.md
	$(BIN)/python -m fuzz --seconds $(SECONDS)

clean: ## remove what was built and measured; never the data under CSP_HOME
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist src/*.egg-info
	find src tests bench fuzz emulator dags plugins -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: what the product runs on, then what its tests need besides. uv takes seconds where pip takes minutes;
# where uv can't be had or can't reach the packages, pip does it. Bytecode is made as things are imported, which is a fifth
# of what is installed: to make it of all takes half a minute of two cores.
INSTALL = $(BIN)/uv pip install -q --python $(BIN)/python $(1) || $(BIN)/pip install -q $(1)

$(VENV)/.runs: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV) || { echo "no venv module: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install -q uv || echo "no uv: pip does it, slower"
	$(call INSTALL,-r requirements.txt)
	$(call INSTALL,--no-deps -e .)
	@touch $@

$(VENV)/.tests: $(VENV)/.runs requirements-dev.txt
	$(call INSTALL,-r requirements.txt -r requirements-dev.txt)
	@touch $@

# Apart from the tests' packages: its wheels are for Linux on x86-64 only, and the tests run anywhere.
$(VENV)/.fuzz: $(VENV)/.tests requirements-fuzz.txt
	$(call INSTALL,-r requirements-fuzz.txt)
	@touch $@
