# Everything here works on a fresh machine with git, make and any Node with npm: the Node that debros
# is built for comes with the dependencies.

CONFIG ?= configs/bootstrap.yaml
NPM_RUN = npm run --silent

.DEFAULT_GOAL := help
.PHONY: help install build run run-node test bench lint format clean

help: ## Show what make can do
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  CONFIG=FILE   the configuration for run-node (default $(CONFIG))"

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

install: node_modules/.package-lock.json ## Install the dependencies

build: install ## Compile to dist/
	$(NPM_RUN) build

run: build ## Start a three-node cluster in this terminal; Ctrl-C stops it
	@bin/debros dev

run-node: build ## Start one node, bootstrap or regular, as its CONFIG says
	@bin/debros node --config $(CONFIG)

test: install ## Build and pass all tests
	npm test

bench: install ## Measure against peers, in short (12 minutes)
	$(NPM_RUN) bench -- --short --fetch-peers

lint: install ## Check formatting, lint rules, types and generated code
	$(NPM_RUN) lint

format: install ## Format everything
	$(NPM_RUN) format

clean: ## Remove what was built and installed; data/ stays
	rm -rf dist node_modules
