# Two commands matter: `make demo` and `make test`. Each installs what it needs, once, into .venv.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2

BIN := $(VENV)/bin
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test check bench docs lint clean

demo: $(VENV)/demo.stamp  ## train LeNet-5 on scikit-learn's digits and print its test error
	@$(BIN)/simplecell train digits

test: check  ## everything that CI runs

check: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	.ci/smoke $(BIN)
	$(SITE) --site-dir build/site
	.ci/chromium $(BIN)
	SIMPLECELL_SITE=build/site $(BIN)/pytest -q -n $(JOBS)

bench: $(VENV)/bench.stamp  ## side by side with PyTorch, JAX, ONNX Runtime
	$(BIN)/simplecell bench

docs: $(VENV)/docs.stamp  ## write again what the code makes of the docs, and build the site
	$(BIN)/python docs/guesses.py
	$(BIN)/python docs/deck.py
	$(BIN)/python docs/inputs.py
	$(BIN)/python docs/layouts.py
	$(BIN)/python docs/kinds.py
	$(BIN)/python docs/formulas.py
	$(BIN)/python docs/slides.py
	$(BIN)/python docs/pictures.py
	$(BIN)/python docs/sketch.py
	$(BIN)/python docs/features.py
	$(BIN)/python docs/photos.py
	$(BIN)/python docs/notebooks.py
	$(SITE)

lint: $(VENV)/test.stamp  ## what pre-commit runs
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("simplecell needs Python 3.11 or newer; %s is %s. Name another one: make PYTHON=python3.12" % (sys.executable, sys.version.split()[0]))'
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing simplecell into $(VENV): once, a minute or so."
	@$(INSTALL) -e .
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing simplecell and what its tests need into $(VENV): once, a few minutes."
	@$(INSTALL) -e '.[test,bench,docs]'
	@touch $@

$(VENV)/docs.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing simplecell and what builds its pages into $(VENV): once, a minute or so."
	@$(INSTALL) -e '.[docs,plots]'
	@touch $@

$(VENV)/bench.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing simplecell and its peers into $(VENV): once, a few minutes."
	@$(INSTALL) -e '.[bench]'
	@touch $@
