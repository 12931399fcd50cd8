# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo codes dependencies audit test deep mutants fuzz lint sample bench clean picture

demo: $(VENV)/.runtime
	$(BIN)/plangeo demo --out out/demo || test $$? -eq 1  # 1 = findings, as the sample means to have

# The page of every code, made from the catalogue.
codes: $(VENV)/.runtime
	$(BIN)/plangeo codes --page > plangeo/catalogue/CODES.md

# The table of packages with their licences in SECURITY.md, from what is installed.
dependencies: $(VENV)/.runtime
	$(BIN)/python tests/dependency_list.py

# Known faults of the pinned packages; needs the internet. "Could not be audited" is no "nothing found".
audit: $(VENV)/bin/python
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install -q --disable-pip-version-check pip-audit
	.venv-audit/bin/pip-audit --strict --no-deps --disable-pip -r constraints.txt

test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The properties on many more examples than at every change: make deep EFFORT=40
EFFORT ?= 20
deep: $(VENV)/.dev
	PLANGEO_EFFORT=$(EFFORT) $(BIN)/python -m pytest -n 2 tests/property

# Small faults put into the modules of the law on purpose: make mutants MUTANTS="plangeo.rulebook --only plan_status"
mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutation.mutate $(MUTANTS)

# Hostile numbers, coordinates, headers, rulebooks and project files; what is found stands in out/fuzz: make fuzz TIME=60
TIME ?= 60
fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[fuzz]"
	for target in numbers coordinates headers rulebook project; do $(BIN)/python -m tests.fuzz.fuzz $$target $(TIME) || exit 1; done

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# plangeo and its peers in turn on a made-up plan: make bench SIZE=M BENCH="--peers plangeo,shapely --limit 300"
SIZE ?= S
bench: $(VENV)/.runtime .venv-bench/.peers
	$(BIN)/python bench/run.py --size $(SIZE) $(BENCH)

sample: $(VENV)/.runtime
	$(BIN)/python data/build_sample.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@ $(VENV)/.runtime

# The peers never enter plangeo's own environment.
.venv-bench/.peers: bench/requirements.txt bench/constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q --disable-pip-version-check -c bench/constraints.txt -r bench/requirements.txt
	touch $@

# The README's picture, a screenshot of maps/first_assessment.html; needs Chromium and its driver.
picture: $(VENV)/.dev
	$(BIN)/python maps/screenshot.py

clean:
	rm -rf $(VENV) .venv-bench .venv-audit out build dist
