# `make demo` and `make test` need make, Python 3.11 and, on a machine without a
# container engine, apt: the scripts bring the rest.
.PHONY: bench help demo test test-all fuzz check format golden lock venv engine clean

help:            ## What there is to make
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: engine     ## Do everything on this machine and end with two verified reports
	scripts/demo

test: check engine ## Every test; a container engine is required
	PATH="$$(scripts/reference-client):$$PATH" .venv/bin/pytest -n 3 --dist loadfile -m "not campaign"

test-all: test   ## And the long campaigns: every stack's image
	PATH="$$(scripts/reference-client):$$PATH" .venv/bin/pytest -n 2 --dist loadfile -m campaign --durations=0
	scripts/fuzz

check: venv      ## Lint, types, the import contract
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/shellcheck -x scripts/* .ci/run images/base/rootfs/usr/local/bin/* images/base/rootfs/usr/local/lib/devpod/* images/jetbrains/unpack images/jetbrains/register
	.venv/bin/hadolint images/*/Dockerfile

fuzz: venv       ## Fuzz what reads strangers' files, for SECONDS_TO_FUZZ
	scripts/fuzz

format: venv     ## Format and fix what can be
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

golden: venv     ## Write the golden snapshots, and our own generated files, anew: read the diff
	.venv/bin/pytest tests/test_golden.py --snapshot-update
	.venv/bin/devpod-gen generate

lock: venv       ## Resolve the Python dependencies anew (needs uv on PATH)
	scripts/lock

venv:
	@scripts/venv

engine: venv
	@scripts/engine
	@scripts/base-image >/dev/null

bench: engine    ## Us and our peers side by side, into docs/performance.md (quarter of an hour)
	.venv/bin/python -m bench --write

clean:           ## Remove what make has made here
	rm -rf .venv .tools .vscode-server build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
