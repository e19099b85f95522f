# The two commands: `make run` and `make test`. `make help` lists the others.

PORT ?= 8501
# Another Python than the one found: make setup PYTHON=/opt/python/bin/python3.12
PYTHON ?=
# Only some tests: make test TESTS=tests/commands/test_cli.py
TESTS ?=
# How many test files run side by side: make test JOBS=4
JOBS ?= 2
IMAGE ?= lamella
# Which images `make measure` scores.
WHICH ?= --validation
# Where the lecture's Ising images lie: make studies ISING=DIR; else where `lamella fetch` puts them.
ISING ?=

venv := .venv
bin := $(venv)/bin
stamp := $(venv)/.lamella-installed

.PHONY: help setup run test coverage lint format studies measure cards lock image clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

setup: $(stamp) ## make .venv and install everything that requirements.lock pins
	@echo 'Lamella is installed; `make run` starts it.'

run: $(stamp) ## start the app on 127.0.0.1:8501, or on another port with PORT=8502
	@$(bin)/lamella app --port $(PORT)

# In the order of their names, so that the browser's few slow tests come first and not last.
pytest = $(bin)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

test: lint ## check style and types and run every test: unit, pages, browser
	$(pytest) $(TESTS)

# Not part of `make test`: whatever runs without a browser takes half as long again.
coverage: $(stamp) ## run every test and say how much of each room is reached, in %
	$(pytest) --cov --cov-report=
	@$(foreach room,core models studies lecture commands pages,printf 'coverage of %-8s %s %%\n' $(room) \
	  "$$($(bin)/coverage report --format=total --include='$(room)/*')";)
	@echo '`$(bin)/coverage report` lists every file.'

lint: $(stamp) ## check style, formatting and types alone
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

format: $(stamp) ## put the formatting right
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

# What is measured already is kept: delete a file in studies/ising/networks, studies/grains/networks or
# studies/gold/networks to measure it again. GRAINS=DIR names real micrographs with traced boundaries.
studies: $(stamp) ## train and measure the case studies; their figures read what it writes
	$(bin)/python -m research.ising.make_snapshots
	$(bin)/python -m research.ising.measure $(if $(ISING),--images $(ISING))
	$(bin)/python -m research.grains.measure $(if $(GRAINS),--data $(GRAINS))
	$(bin)/python -m research.gold.fields
	$(bin)/python -m research.gold.measure

# One command a model: make measure NAME=particles DATA=DIR, with images/, masks/ and index.csv in it.
# WHICH='--validation --by polarity' adds groups of index.csv, WHICH="--only '*_2'" picks by name.
measure: $(stamp) ## score a model for its card, on the images kept out of its training
	$(if $(and $(NAME),$(DATA)),,$(error make measure needs NAME=MODEL and DATA=DIR))
	$(bin)/lamella evaluate $(NAME) --images $(DATA)/images --masks $(DATA)/masks $(WHICH) \
	  --precision exact --save models/measured

cards: $(stamp) ## write the models' cards, docs/models, from the zoo
	$(bin)/python -m research.model_cards docs/models

# The image gets no development tools and no GPL reader, in the very versions tested.
lock: ## pin what pyproject.toml asks for, with hashes (needs uv; UPGRADE=--upgrade for the newest)
	$(compile) --extra dev --extra em --extra cluster --extra exchange pyproject.toml -o requirements.lock
	$(compile) --constraint requirements.lock --extra exchange --extra ocr pyproject.toml -o requirements-image.lock
compile = uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	--python-version 3.11 $(UPGRADE)

# Podman's own format has no health check.
image: ## build the container image `lamella` with docker or podman
	@engine=$$(command -v docker || command -v podman) || { \
	  echo 'make image: neither docker nor podman is installed; install one of them first.' >&2; exit 1; }; \
	case "$$engine" in *podman) format='--format docker' ;; esac; \
	"$$engine" build $$format $(if $(TORCH_INDEX_URL),--build-arg TORCH_INDEX_URL=$(TORCH_INDEX_URL)) -t $(IMAGE) .

clean: ## remove .venv and everything else that can be made again
	rm -rf $(venv) build *.egg-info .pytest_cache .ruff_cache .mypy_cache .coverage test-results

# Candidates are run, not only looked for: a version manager's shim may exist and not work.
define find_python
for python in $(or $(PYTHON),python3 python python3.11 python3.12 python3.13 python3.14); do \
  command -v "$$python" >/dev/null 2>&1 || continue; \
  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null \
    && break; \
  python=; \
done; \
command -v "$$python" >/dev/null 2>&1 || { \
  echo "make setup: Lamella needs Python 3.11 to 3.14; found: $$(python3 --version 2>/dev/null || echo none). Install one, or name it: make setup PYTHON=/path/to/python3.11" >&2; \
  exit 1; }
endef

$(stamp): requirements.lock pyproject.toml
	@set -e; $(find_python); \
	version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	if ! $(bin)/python -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$$version')" 2>/dev/null; then \
	  rm -rf $(venv); \
	fi; \
	if command -v uv >/dev/null 2>&1; then \
	  echo "Installing into $(venv) with uv and Python $$version"; \
	  test -d $(venv) || uv venv --quiet --python "$$(command -v "$$python")" $(venv); \
	  VIRTUAL_ENV=$(venv) uv pip install --compile-bytecode --require-hashes -r requirements.lock; \
	  VIRTUAL_ENV=$(venv) uv pip install --quiet --no-deps --no-build-isolation -e .; \
	else \
	  echo "Installing into $(venv) with pip and Python $$version (a few minutes; uv would be faster)"; \
	  "$$python" -c 'import venv, ensurepip' 2>/dev/null || { \
	    echo "make setup: this Python cannot make virtual environments; on Debian and Ubuntu: apt-get install python$$version-venv" >&2; \
	    exit 1; }; \
	  $(bin)/python -m pip --version >/dev/null 2>&1 || "$$python" -m venv --clear $(venv); \
	  $(bin)/python -m pip install --disable-pip-version-check \
	    --require-hashes -r requirements.lock; \
	  $(bin)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .; \
	fi; \
	touch $@
