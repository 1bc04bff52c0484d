# demo: see it work on real code.  test: every check.  Needs python3 (3.11 or newer), make and git; all else goes to .venv.

PYTHON ?= python3
BIN := .venv/bin
CODE := server tools memory_core genome tests docs

.PHONY: demo test lint bench bench-memory bench-nn bench-retrieval bench-rot bundle train-embedding clean

demo: .venv/installed
	$(BIN)/python docs/demo.py

test: lint
	$(BIN)/pytest -q

lint: .venv/installed
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/basedpyright --pythonpath $(BIN)/python

bench: .venv/rivals
	@failed=0; for bench in $$(grep -l __main__ tests/bench/*.py); do \
		echo "== $$bench" >&2; $(BIN)/python $$bench || failed=1; \
	done; exit $$failed

# make bench-memory HISTORY=DIR asks histories of your own, NAME.jsonl with one commit a line: t, a, p (docs/memory.md).
bench-memory: .venv/installed
	@failed=0; cd tests/bench; for bench in memory_cost memory_diff "next_place $(if $(HISTORY),--history '$(HISTORY)')" \
		"settling $(if $(HISTORY),--history '$(HISTORY)')" "memory_episodes $(if $(HISTORY),--history '$(HISTORY)')" \
		"memory_agent $(if $(HISTORY),--history '$(HISTORY)')" memory_scale; do \
		set -- $$bench; name=$$1; shift; echo "== $$name" >&2; ../../$(BIN)/python $$name.py "$$@" || failed=1; \
	done; exit $$failed

# The networks of memory_core.nn: about an hour of one core, most of it nn_text and nn_series.
bench-nn: .venv/installed
	@failed=0; for bench in tests/bench/nn_*.py; do \
		echo "== $$bench" >&2; OMP_NUM_THREADS=1 $(BIN)/python $$bench || failed=1; \
	done; exit $$failed

# make bench-retrieval GIT=DIR asks a history of your own; SPLIT=train is for tuning.
bench-retrieval: .venv/rivals
	$(BIN)/python tests/bench/retrieval.py $(if $(GIT),--git '$(GIT)') $(if $(SPLIT),--split $(SPLIT))

# make bench-rot GIT=DIR FROM=A TO=B asks about a history of your own.
bench-rot: .venv/installed
	$(BIN)/python tests/bench/rot.py $(if $(GIT),--git '$(GIT)') $(if $(FROM),--from '$(FROM)') $(if $(TO),--to '$(TO)')

# The .mcpb bundle, the Claude Code plugin and server.json, in dist/; checked by mcpb where npx is there.
bundle: .venv/installed
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	$(BIN)/python -m cistron.server.clients.bundle dist
	if command -v npx > /dev/null; then npx --yes @anthropic-ai/mcpb@2.1.2 validate server/clients/mcpb/manifest.json; fi

# Fetches some 1,700 packages, 2.8 GB, and takes about twenty minutes of two cores and 6 GB of memory.
train-embedding: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -W ignore -m fixtures.embedding.pairs .bench/embedding .bench/embedding/pairs.jsonl
	OMP_NUM_THREADS=1 $(BIN)/python -m fixtures.embedding.train .bench/embedding/pairs.jsonl genome/reading

clean:
	rm -rf .venv .bench build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

# A stamp, so that a second run installs nothing.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cistron needs python 3.11 or newer; try make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

.venv/rivals: .venv/installed
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	touch $@
