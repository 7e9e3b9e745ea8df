# One command each. `make` alone lists them. Paths are relative, so the folder may have spaces in its name.
PY := .venv/bin/python
PORT ?= 8000
SERVE ?= 1
PYTEST ?=
BENCH ?=
export PYTHONUNBUFFERED = 1
unexport DJANGO_SETTINGS_MODULE

.DEFAULT_GOAL := help
.PHONY: help demo run test proof lint format bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

.venv/.installed-requirements.txt: requirements.txt requirements-installer.txt
	@sh .ci/install.sh requirements.txt

.venv/.installed-requirements-dev.txt: requirements-dev.txt requirements-installer.txt
	@sh .ci/install.sh requirements-dev.txt

demo: .venv/.installed-requirements.txt ## synthetic cohort, snapshots, founding table; then serve (SERVE=0: stop there; PORT=8000)
	@$(PY) manage.py demo --port "$(PORT)" $(if $(filter 0,$(SERVE)),--no-serve)

run: .venv/.installed-requirements.txt ## serve this instance on PORT, with worker and scheduler, until Ctrl-C
	@echo "Bringing the database up to date ..."
	@$(PY) manage.py migrate --verbosity 0
	@echo "Serving http://127.0.0.1:$(PORT)/ with worker and scheduler; Ctrl-C ends all."
	@$(PY) -m celery -A config worker -B -c 2 --loglevel WARNING & worker=$$!; \
	trap 'kill $$worker 2>/dev/null; wait $$worker' EXIT; trap 'exit 0' INT TERM; \
	$(PY) manage.py runserver --noreload "127.0.0.1:$(PORT)"

test: .venv/.installed-requirements-dev.txt ## every test that can run here, in one summary line (PYTEST='-k name')
	@$(PY) tests/lanes.py test $(PYTEST)

proof: .venv/.installed-requirements-dev.txt ## the drills, one line each
	@$(PY) tests/lanes.py proof $(PYTEST)

lint: .venv/.installed-requirements-dev.txt ## style, import contracts, migrations, file lengths
	@echo "Style ..." && $(PY) -m ruff check . && $(PY) -m ruff format --check .
	@echo "Import contracts ..." && $(PY) -c 'from importlinter.cli import lint_imports_command as run; run()'
	@echo "Migrations ..." && DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemigrations --check --dry-run
	@echo "File lengths ..." && $(PY) tests/long_files.py
	@echo "Lint is clean."

format: .venv/.installed-requirements-dev.txt ## put every file in the house style
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

bench: .venv/.installed-requirements-dev.txt ## the benchmark table (BENCH=full: large sizes too; BENCH='web plans': these)
	@$(PY) -m benchmarks $(BENCH)

LOCK = $(PY) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url
lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: ## pin requirements/*.in again (LOCK_FLAGS=--upgrade for newer versions)
	@test -x $(PY) || sh .ci/install.sh requirements.txt
	@$(PY) -m uv --version >/dev/null 2>&1 || $(PY) -m pip install --quiet --require-hashes -r requirements-installer.txt
	@for pair in "installer -installer" "runtime "; do set -- $$pair; \
	    echo "Locking requirements$$2.txt ..."; $(LOCK) $(LOCK_FLAGS) requirements/$$1.in -o requirements$$2.txt || exit 1; done
	@echo "Locking requirements-dev.txt ..."
	@$(LOCK) $(LOCK_FLAGS) -c requirements.txt requirements/dev.in -o requirements-dev.txt

clean: ## remove what can be made again; never the instance directory
	@rm -rf .venv .pytest_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
