# Each target does its own set-up; a second call finds it done. PORT=8600 make run serves on another port.
.DEFAULT_GOAL := help
.PHONY: help run test bench lint format pictures clean
PYTHON := .venv/bin/python
SOURCES := app.py core pages scripts benchmarks tests

help:       ## say what there is to make
	@sed -n 's/^\([a-z]*\): *## /  make \1\t/p' Makefile

run:        ## set up what the program needs and serve the dashboard on this machine
	@sh scripts/setup.sh program
	$(PYTHON) -m streamlit run app.py --server.address 127.0.0.1 --server.headless true $(if $(PORT),--server.port $(PORT))

test:       ## set up everything and run all tests, those in a real Chromium included
	@sh scripts/setup.sh program tools chromium
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

bench:      ## measure speed, memory and accuracy on this machine (BENCH="end_to_end memory" for some)
	@sh scripts/setup.sh program tools chromium
	$(PYTHON) -m benchmarks $(BENCH)

lint:       ## check format, style and types
	@sh scripts/setup.sh program tools
	$(PYTHON) -m ruff format --check $(SOURCES)
	$(PYTHON) -m ruff check $(SOURCES)
	$(PYTHON) -m basedpyright

format:     ## bring the sources into the project's format
	@sh scripts/setup.sh program tools
	$(PYTHON) -m ruff format $(SOURCES)
	$(PYTHON) -m ruff check --fix $(SOURCES)

pictures:   ## take the pictures of the README from the running program
	@sh scripts/setup.sh program tools chromium
	$(PYTHON) -m scripts.take_pictures

clean:      ## remove what was set up and measured, but no clip and no result
	rm -rf .venv build .pytest_cache .ruff_cache .hypothesis
