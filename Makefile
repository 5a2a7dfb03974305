# One screen. `make help` lists the targets; the environment is made when first needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PEERS := .venv-peers/.ready
SPARK := .venv-spark/.ready
DOCS := .venv-docs/.ready

.PHONY: help setup sample report example test test-postgres test-spark lab bench coverage pages null seeds soak history fuzz accessibility wheel docs-tables docs peers lint lock clean

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## make the environment in .venv from the lock
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cxresearch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@$(BIN)/python -m compileall -q cxresearch
	@touch $@

sample: data/northgate/truth.json  ## write the sample company to data/northgate
data/northgate/truth.json: | $(READY)
	$(BIN)/cxresearch sample data/northgate

report: $(READY) sample  ## regenerate two reports: 2026Q3 of the sample company, 1997Q3 from real data
	$(BIN)/cxresearch report --data data/northgate --period 2026Q3
	$(BIN)/cxresearch report --data data/cdnow --period 1997Q3

example: $(READY) sample  ## refresh the committed example report and the notebooks' stored outputs
	$(BIN)/python -m nbconvert --to notebook --execute --inplace --log-level=ERROR \
	  --ExecutePreprocessor.record_timing=False notebooks/*.ipynb
	$(BIN)/cxresearch report --data data/cdnow --period 1997Q3 --out reports/example

test: $(READY)  ## run every test, the notebooks included
	$(BIN)/python -m pytest

test-postgres: $(READY)  ## run the whole suite on PostgreSQL too (needs its server in /usr/lib/postgresql)
	$(BIN)/python -m pytest tests/postgres/suite.py -n0 -rs

test-spark: $(SPARK)  ## run every feature on Apache Spark too (needs Java 17; downloads 400 MB)
	PYTHONPATH=. .venv-spark/bin/python -m pytest tests/spark -n0 -rs
$(SPARK): tests/spark/requirements.lock
	$(PYTHON) -m venv --clear .venv-spark
	.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/spark/requirements.lock
	@touch $@

lab: $(READY)  ## open JupyterLab on the notebooks
	$(BIN)/cxresearch lab

bench: $(READY) $(PEERS)  ## run every benchmark beside its peer
	@for script in benchmarks/bench_*.py benchmarks/suite.py; do $(BIN)/python $$script || exit 1; done

soak: $(READY)  ## kill fifty reports at random moments, write eight at once (half an hour)
	$(BIN)/python tests/soak/killed_at_random.py
	$(BIN)/python tests/soak/eight_at_once.py

history: $(READY)  ## backfill twelve quarters with a planted change and a placebo (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/twelve_quarters.py

fuzz: $(READY)  ## attack it with two hundred generated files, mappings, parameters and databases (minutes)
	$(BIN)/python tests/fuzz/fuzz.py

peers: $(PEERS)  ## make the peers' own environment for the benchmarks
$(PEERS): benchmarks/peers.lock benchmarks/peers_alone.lock
	$(PYTHON) -m venv --clear .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --compile --require-hashes -r benchmarks/peers.lock
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r benchmarks/peers_alone.lock
	@touch $@

coverage: $(READY)  ## check by simulation that 95 % intervals hold 95 % of the time (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_intervals.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_failure.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_projects.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_uplifts.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_futures.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_contacts.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_journeys.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/calibration_of_risks.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_volumes.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_process.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_winback.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_events.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_pay.py

pages: $(READY)  ## check by simulation what the intervals on the pages hold, from tables to page, and write docs/coverage.md (an hour)
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_pages.py --write

seeds: $(READY)  ## make the reports of a hundred companies of varied seed, size, age and end (an hour)
	OMP_NUM_THREADS=1 $(BIN)/python tests/seeds/hundred_companies.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/coverage/coverage_of_medians.py

null: $(READY)  ## check that companies in which nothing is planted stay quiet (an hour)
	@for script in tests/coverage/null_*.py; do OMP_NUM_THREADS=1 $(BIN)/python $$script || exit 1; done

accessibility: $(READY) sample  ## check every page of a report with axe-core in Chromium (needs Chromium and npm; minutes)
	npm ci --prefix tests/accessibility --ignore-scripts --no-audit --no-fund
	$(BIN)/cxresearch backfill --data data/northgate --from 2026Q2 --to 2026Q3
	$(BIN)/cxresearch report --data data/cdnow --period 1997Q3
	$(BIN)/python tests/accessibility/check.py reports/2026Q2 reports/2026Q3 reports/1997Q3

wheel: $(READY)  ## build the wheel, install it into an empty environment and try every command (minutes)
	$(BIN)/python tests/wheel/installed.py

docs: $(READY) $(DOCS)  ## build the documentation as a site in build/docs/site, links checked
	rm -rf build/docs && $(BIN)/python docs/site.py build/docs
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet -f build/docs/mkdocs.yml
$(DOCS): docs/requirements.lock
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/requirements.lock
	@touch $@

docs-tables: $(READY)  ## write the pages of docs/ that follow from the code
	$(BIN)/python docs/generate.py

lint: $(READY)  ## check the style
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

lock:  ## renew the locks (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 benchmarks/peers.in -o benchmarks/peers.lock
	uv pip compile -q --no-deps --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 benchmarks/peers_alone.in -o benchmarks/peers_alone.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev --extra spark -c requirements.lock pyproject.toml -o tests/spark/requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 docs/requirements.in -o docs/requirements.lock

clean:  ## remove the environments and what they made
	rm -rf .venv .venv-peers .venv-spark .venv-docs build dist
