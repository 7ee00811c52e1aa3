.PHONY: computing-tests-1 computing-tests-2 waiting-tests-1 waiting-tests-2 help run test test-full check soak fuzz lint fmt lock build build-release prove-build validate image image-local sbom push deploy e2e bootstrap

help: ## Say what can be made
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

run: ## Start Parley on this machine; its options in ARGS
	@sh infra/setup.sh $(ARGS)
	@exec .venv/bin/python -m infra.local $(ARGS)

test: ## Everything that CI runs
	@sh infra/setup.sh --for-tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target computing-tests-1 computing-tests-2
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target waiting-tests-1 waiting-tests-2

# What computes fills both processors; what waits leaves them idle for the most part, two of it as well.
computing-tests-1:
	@.venv/bin/pytest -q tests/contract

computing-tests-2: lint
	@.venv/bin/pytest -q tests/unit

waiting-tests-1:
	@.venv/bin/pytest -q tests/integration tests/e2e/widget

waiting-tests-2:
	@.venv/bin/pytest -q tests/e2e --ignore=tests/e2e/widget

test-full: ## What make test has no time for, up to an hour
	@sh infra/setup.sh --for-tests
	@.venv/bin/pytest -q -m full

check: ## Format, lint, types, layers, unit and contract tests; under two minutes
	@sh infra/setup.sh --for-tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target computing-tests-1 computing-tests-2

MINUTES = 60
KILLS = 200
soak: ## Ten callers talk in virtual time for MINUTES, and nothing may grow or be left; KILLS of processes lose no call; 500 calls by telephone in chaos, what a telephone adds to the wait, and a fleet of workers that is replaced in the midst of 200 calls
	@sh infra/setup.sh --for-tests
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.soak --minutes $(MINUTES)
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.kills --kills $(KILLS)
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.phone_chaos --calls 500
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.phone_latency --callers 30
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.fleet --calls 200 --workers 3

SECONDS = 200
fuzz: ## 10,000 random conversations, mangled SIP messages and calls, and hostile requests to every REST path for SECONDS
	@sh infra/setup.sh --for-tests
	@.venv/bin/pytest -q --hypothesis-profile=fuzz tests/unit/media_worker/conversation/test_machine_properties.py tests/unit/media_worker/transports/sip/test_mutations.py tests/unit/media_worker/transports/sip/test_user_agent_properties.py
	@[ -x .venv-fuzz/bin/schemathesis ] || .venv/bin/python -m venv .venv-fuzz
	@.venv-fuzz/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements-fuzz.txt
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.api_fuzz --seconds $(SECONDS)

lint:
	.venv/bin/ruff format --check -q .
	.venv/bin/ruff check -q .
	.venv/bin/mypy --no-error-summary
	PYTHONPATH=functions:. .venv/bin/lint-imports --no-cache >/dev/null || PYTHONPATH=functions:. .venv/bin/lint-imports --no-cache
	cd widget && npm run --silent types

fmt: ## Format the sources
	.venv/bin/ruff check -q --fix .
	.venv/bin/ruff format -q .

UV_COMPILE = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: ## Compile the lock files anew; needs uv 0.13.8 on the PATH
	$(UV_COMPILE) pyproject.toml -o requirements.txt
	$(UV_COMPILE) -c requirements.txt --group dev pyproject.toml -o requirements-dev.txt
	$(UV_COMPILE) -c requirements.txt --group aws pyproject.toml -o requirements-aws.txt
	$(UV_COMPILE) -c requirements.txt --group lambda -o functions/requirements.txt
	$(UV_COMPILE) --group sam -o requirements-sam.txt
	$(UV_COMPILE) --group checkov -o requirements-checkov.txt
	$(UV_COMPILE) --group fuzz -o requirements-fuzz.txt

# --- on AWS: README.md, "Deploy"; infra/guides/deploy.md -----------------------------------------------------------

STACK = parley
RUNTIME = python3.13
ARCHITECTURE = arm64
PARAMETERS = # more of template.yaml's, as PublicUrl=https://voice.example.com
REGION = # one of samconfig.toml's; without it the shell's
export AWS_DEFAULT_REGION ?= us-east-1
ifneq ($(strip $(REGION)),)
export AWS_DEFAULT_REGION = $(strip $(REGION))
IN_REGION = --config-env $(strip $(REGION))
endif

IMAGE = # of the media workers, by its digest; without one there are none
# Without a name of its own the way in is the CDN's, and the balancer must know where that comes from.
WORKERS = $(if $(IMAGE),MediaImage=$(IMAGE) $(if $(findstring DomainName=,$(PARAMETERS)),,CdnPrefixList=$$(.venv/bin/python -m infra.cdn_addresses)))

CHOSEN = --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE) $(PARAMETERS)
SAM = SAM_CLI_TELEMETRY=0 RUNTIME=$(RUNTIME) ARCHITECTURE=$(ARCHITECTURE) .venv-sam/bin/sam
TEMPLATES = template.yaml $(filter-out infra/checkov.yaml,$(wildcard infra/*.yaml))

.venv-%/installed: requirements-%.txt
	@sh infra/setup.sh --for-aws
	@.venv/bin/python -m venv --clear $(@D)
	@$(@D)/bin/pip install -q --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@

build: .venv-sam/installed ## Build what Lambda is given into .aws-sam/, for RUNTIME and ARCHITECTURE
	@sh infra/setup.sh --for-release
	@$(SAM) build $(IN_REGION) $(CHOSEN)

build-release: .venv-sam/installed ## The same for python3.13 on arm64, whatever this machine is
	@$(MAKE) --no-print-directory build RUNTIME=python3.13 ARCHITECTURE=arm64

prove-build: ## That sam build makes what the tests of the functions run
	@sh infra/setup.sh --for-tests
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.sam_build

validate: .venv-sam/installed .venv-checkov/installed ## Check the templates: sam validate, cfn-lint, checkov
	@$(SAM) validate --lint
	@.venv-sam/bin/cfn-lint --include-checks I --template $(TEMPLATES)
	@.venv-checkov/bin/checkov --config-file infra/checkov.yaml

deploy: build ## Create or update STACK on AWS
	@$(SAM) deploy $(IN_REGION) --stack-name $(STACK) $(CHOSEN) $(WORKERS)

image: ## Build the workers' image for ARCHITECTURE, with docker or buildah
	@python3 -m infra.image build --architecture $(ARCHITECTURE)

image-local: ## Build an image of the whole system on one machine, for ARCHITECTURE
	@python3 -m infra.image build --architecture $(ARCHITECTURE) --target local

sbom: ## Write what the workers' image is made of to .artifacts/sbom.cdx.json (CycloneDX)
	@python3 -m infra.image build --architecture $(ARCHITECTURE) --target sbom

push: ## Build it, send it to the account's registry, and print it by its digest
	@sh infra/setup.sh --for-aws
	@.venv/bin/python -m infra.image push --architecture $(ARCHITECTURE)

e2e: ## One call through STACK, or through URL; PUBLIC_KEY and PRIVATE_KEY as make bootstrap prints them, WEBHOOK is yours
	@sh infra/setup.sh --for-tests
	@PYTHONPATH=functions:. .venv/bin/python -m tests.bench.deployed_call --stack="$(STACK)" --url="$(URL)" --public-key="$(PUBLIC_KEY)" --private-key="$(PRIVATE_KEY)" --webhook="$(WEBHOOK)"

bootstrap: ## Make the first account of STACK, its keys and a demo agent, and print them, once
	@sh infra/setup.sh --for-aws
	@.venv/bin/python -m infra.accounts bootstrap --stack $(STACK)
