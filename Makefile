# Two commands for everyone: `make demo` and `make test`. They need Python 3.11 or newer, and nothing else.
#   make demo SOURCE=folder      the same path for your own images
#   make demo ARGS='--port 8000 --no-browser'
#   make test JOBS=4              on so many processes
#   make demo TORCH='torch torchvision --index-url URL'   with your own torch

VENV := .venv
RUN := $(VENV)/bin/
SOURCE ?=
ARGS ?=
JOBS ?= 2
export PYTHON TORCH

.PHONY: help demo test lint scan docs bench clean

help: ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

demo: $(VENV)/.installed ## The galaxies of the Hubble Deep Field, or of SOURCE=folder, on the page
	@echo "In every new terminal: . $(RUN)activate   (puts tuningfork on the PATH)" >&2
	@$(RUN)tuningfork $(if $(SOURCE),label "$(SOURCE)",demo) $(ARGS) || [ $$? -eq 130 ]

test: $(VENV)/.installed-test ## Run the tests; what needs Chromium or survey images is skipped with its reason
	@$(RUN)python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.installed-dev ## Style, types, the floors of the house, and bandit
	@$(RUN)ruff check .
	@$(RUN)ruff format --check --line-length 110 .
	@$(RUN)lint-imports
	@$(RUN)basedpyright
	@$(RUN)bandit --quiet --recursive src --configfile pyproject.toml

scan: $(VENV)/.installed ## Wapiti over the running page of the demo
	@.ci/scan

docs: $(VENV)/.installed-docs ## The manual, into site/
	@NO_MKDOCS_2_WARNING=1 $(RUN)mkdocs build --strict --quiet

bench: $(VENV)/.installed-test ## Measure speed; each line says under which conditions
	@for file in $(filter-out %/selection.py,$(wildcard benchmarks/[a-z]*.py)); do echo "$$file"; $(RUN)python $$file $(ARGS) || exit 1; done

clean: ## Remove the environment and what was built
	rm -rf $(VENV) .venv-scan site dist build

needs = pyproject.toml constraints.txt .ci/environment
$(VENV)/.installed: $(needs)
	@.ci/environment && touch $@
$(VENV)/.installed-test: $(needs)
	@.ci/environment test,train,imagenet,zarr,map,onnx,ray,postgres,tls && touch $@ $(VENV)/.installed
$(VENV)/.installed-dev: $(needs)
	@.ci/environment dev && touch $@
$(VENV)/.installed-docs: $(needs)
	@.ci/environment docs && touch $@
