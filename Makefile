.PHONY: run lock

run: ## Start Parley on this machine; its options in ARGS
	@sh infra/setup.sh $(ARGS)
	@PYTHONPATH=functions:. exec .venv/bin/python -m infra.local $(ARGS)

UV_COMPILE = uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

lock: ## Compile the lock files anew; needs uv 0.13.8 on the PATH
	$(UV_COMPILE) pyproject.toml -o requirements.txt
	$(UV_COMPILE) -c requirements.txt --group dev pyproject.toml -o requirements-dev.txt
