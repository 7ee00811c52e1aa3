.PHONY: help run test check fuzz lint fmt lock

help: ## Say what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed 's/:.*## /\t/'

run: ## Start Parley on this machine; its options in ARGS
	@sh infra/setup.sh $(ARGS)
	@exec .venv/bin/python -m infra.local $(ARGS)

test: ## Everything that CI runs
	@sh infra/setup.sh --for-tests
	@$(MAKE) --no-print-directory lint
	@.venv/bin/pytest -q

check: ## Format, lint, types, layers, unit and contract tests; under two minutes
	@sh infra/setup.sh --for-tests
	@$(MAKE) --no-print-directory lint
	@.venv/bin/pytest -q tests/unit tests/contract

SECONDS = 200
fuzz: ## Hostile requests to every REST path; how long in SECONDS
	@sh infra/setup.sh --for-tests
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
	$(UV_COMPILE) -c requirements.txt --group lambda -o functions/requirements.txt
	$(UV_COMPILE) --group sam -o requirements-sam.txt
	$(UV_COMPILE) --group checkov -o requirements-checkov.txt
	$(UV_COMPILE) --group fuzz -o requirements-fuzz.txt
