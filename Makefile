# `make` lists the targets. Another Python: make test PYTHON=python3.6. More options: make test ARGS="-k lab".
PYTHON ?= python3
ARGS ?=

versions := 3.6 3.9 3.10 3.11 3.12 3.13
version := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
# One environment for each version, so that two Pythons live side by side.
venv := .venv/$(version)
# Touched last: an install that was interrupted, or of older requirements, starts anew.
installed := $(venv)/installed
# Tests of --backend ray need Ray, those of the Gymnasium environments Gymnasium; 3.6 has neither any more. Those of
# `analyse` need scikit-learn. Where one does not install its tests are skipped.
tested := $(if $(filter 3.6,$(version)),,$(venv)/installed-ray $(venv)/installed-gymnasium) $(venv)/installed-analysis
# That of the notebook, which is slow, needs nbclient.
notebook := $(if $(filter 3.6,$(version)),,$(venv)/installed-notebook)
# The pip that comes with 3.6 knows too few kinds of wheel; this is its last. The others get one and the same.
pip := $(if $(filter 3.6,$(version)),21.3.1,25.3)

another = name another with PYTHON=/path/to/python (any of $(versions))
stop_if_missing = $(if $(version),,$(error there is no working $(PYTHON): $(another)))
stop_if_unsupported = $(if $(filter $(version),$(versions)),,$(error $(PYTHON) is Python $(version), which this does not run on: $(another)))
stop_if_bare = $(if $(shell $(PYTHON) -c 'import ensurepip, venv; print(1)' 2>/dev/null),,$(error $(PYTHON) cannot make virtual environments: install its venv package (python3-venv on Debian and Ubuntu) or $(another)))

# The Python behind an active environment: the active one may be the very one that is about to be removed.
base_python = import os, sys; exe = os.path.join(sys.base_prefix, "bin", "python%d.%d" % sys.version_info[:2]); \
	print(exe if sys.prefix != sys.base_prefix and os.path.exists(exe) else sys.executable)

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help train test slowtest lint crashtest sb3test soak figures bench clean
help:  ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1	/p' Makefile

train: $(installed)  ## train an agent: python harlow.py train $(ARGS)
	$(venv)/bin/python harlow.py train $(ARGS)

test: $(tested)  ## run the tests, but for the slow ones: python -m pytest tests -n 2 $(ARGS)
	$(venv)/bin/python -m pytest tests -n 2 $(ARGS)

slowtest: $(tested) $(notebook)  ## run all tests, on two cores half an hour
	$(venv)/bin/python -m pytest tests -n 2 --slow $(ARGS)

lint: $(venv)/installed-lint  ## look for faults without running anything: ruff, and mypy on the contracts; Python 3.11 and newer
	$(venv)/bin/ruff check .
	$(venv)/bin/mypy

crashtest: $(tested)  ## kill a run 200 times, fill its disk, stop it in every way: half an hour at most
	KILLS=200 $(venv)/bin/python -m pytest --slow -s tests/rundir/test_lock.py tests/console/test_outputs.py tests/backends/test_proxies.py tests/system/faults/test_signals.py tests/system/faults/test_crash.py tests/system/faults/test_full_disk.py tests/system/faults/test_damage.py $(ARGS)

sb3test: $(venv)/installed-sb3  ## train the agent of sb3-contrib in docs/gymnasium.md a little; installs PyTorch, on Linux several GB
	$(venv)/bin/python -m pytest tests/envs/adapters/test_sb3.py $(ARGS)

soak: $(tested)  ## play 1,000,000 episodes and watch memory, files, threads: some minutes
	SOAK=1000000 $(venv)/bin/python -m pytest --slow -s tests/system/faults/test_soak.py $(ARGS)

figures: $(installed)  ## draw the figures of img/, training first what img/data lacks: python harlow.py figures
	$(venv)/bin/python harlow.py figures

bench: $(installed)  ## measure the speed: python harlow.py bench $(ARGS)
	$(venv)/bin/python harlow.py bench $(ARGS)

# runs/ and images/ stay: they can hold days of training and pictures of one's own.
clean:  ## remove the virtual environments and caches
	rm -rf .venv .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(installed): requirements.txt
	$(stop_if_missing)$(stop_if_unsupported)$(stop_if_bare)
	@echo "Making $(venv), once: up to 400 MB to download, a minute or two"
	@base=$$($(PYTHON) -c '$(base_python)') && rm -rf $(venv) && $$base -m venv $(venv)
	@$(venv)/bin/python -m pip install -q pip==$(pip)
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements.txt
	@touch $@

$(venv)/installed-ray: requirements/ray.txt $(installed)
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/ray.txt \
		|| echo "Ray does not install here: the tests of --backend ray are skipped."
	@touch $@

$(venv)/installed-gymnasium: requirements/gymnasium.txt $(installed)
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/gymnasium.txt \
		|| echo "Gymnasium or dm_env does not install here: the tests of their environments are skipped."
	@touch $@

$(venv)/installed-analysis: requirements/analysis.txt $(installed)
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/analysis.txt \
		|| echo "scikit-learn or SciPy does not install here: the tests of analyse are skipped."
	@touch $@

$(venv)/installed-notebook: requirements/notebook.txt $(venv)/installed-analysis
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/notebook.txt \
		|| echo "nbclient does not install here: the test of the notebook is skipped."
	@touch $@

$(venv)/installed-lint: requirements/lint.txt $(installed)
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/lint.txt
	@touch $@

$(venv)/installed-sb3: requirements/sb3.txt $(venv)/installed-gymnasium
	@$(venv)/bin/python -m pip install -q --prefer-binary -r requirements/sb3.txt
	@touch $@
