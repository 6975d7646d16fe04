# Everything from a bare Python 3.11: each target installs what it needs into .venv, once.
#   make demo        nine labelled scenes and a contact sheet
#   make test        all tests            make lint       ruff, import-linter, pyright
#   make test-bridge tests that load torch or detectors; installs the synth and lift extras
#   make bench       timings              make extension  the Blender extension zip
#   make matrix      the sidebar's tests with bpy 4.2, 4.5 and 5.0
#   make window      the sidebar in a real window (root: it makes a chroot)
PYTHON ?= python3.11
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check
# The stamp's name carries a checksum, so that a changed dependency installs again and an unchanged tree costs nothing.
STAMP  := $(VENV)/installed-$(shell cat pyproject.toml constraints.txt | cksum | cut -d' ' -f1)
DEMO   ?= demo
# Extra pytest arguments: make test ARGS="-k codec -x"
ARGS   ?=
# Test processes: make test JOBS=0 runs everything in one
JOBS   ?= 2

.PHONY: matrix window demo test test-core test-blender test-bridge lint format bench extension install clean
.NOTPARALLEL:

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 is needed (bpy is built for it alone); got: $$($(PYTHON) --version 2>&1). Fix: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(PY) || { echo "creating $(VENV) …"; $(PYTHON) -m venv $(VENV); }
	@echo "installing into $(VENV) (once; about 500 MB) …"
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@$(PY) -c 'import os, bpy; os.write(1, ("bpy " + bpy.app.version_string + "\n").encode()); os._exit(0)' || \
	  { echo "import bpy failed. On Debian and Ubuntu: apt-get install libx11-6 libxrender1 libxfixes3 libxi6 libxxf86vm1 libxkbcommon0 libsm6 libice6 libgl1" >&2; exit 1; }
	@rm -f $(VENV)/installed-*
	@touch $@

demo: $(STAMP)
	$(VENV)/bin/vivant generate $(DEMO) --scenes 9 --people 1-3 --size auto:384 --samples 16 --cloth drape --mesh --seed 7
	$(VENV)/bin/vivant sheet $(DEMO) --frames 9 -o $(DEMO)/sheet.png
	@echo "contact sheet: $(DEMO)/sheet.png"

# Two runs: the core's tests must pass where bpy was never imported. A file stays in one process, with what it shares.
test: $(STAMP)
	@$(PY) -m pytest tests -n $(JOBS) --dist loadfile $(ARGS); core=$$?; \
	  $(PY) -m pytest blender_tests -n $(JOBS) --dist loadfile $(ARGS); blender=$$?; \
	  test $$core -eq 0 -a $$blender -eq 0

test-core: $(STAMP)
	$(PY) -m pytest tests -n $(JOBS) --dist loadfile $(ARGS)

test-blender: $(STAMP)
	$(PY) -m pytest blender_tests -n $(JOBS) --dist loadfile $(ARGS)

# torch goes in first and alone: a torch that is there already (a CPU build, one for your CUDA) is kept.
test-bridge: $(STAMP)
	@$(PY) -c 'import torch, diffusers, mediapipe' 2>/dev/null || { echo "installing the synth and lift extras into $(VENV) …"; \
	  $(PIP) install --quiet --constraint constraints.txt torch && \
	  $(PIP) install --quiet --constraint constraints.txt --editable '.[dev,synth,lift]'; }
	$(PY) -m pytest bridge_tests tests/test_lift_pictures.py $(ARGS)

lint: $(STAMP)
	@status=0; \
	  $(VENV)/bin/ruff check . || status=1; \
	  $(VENV)/bin/lint-imports || status=1; \
	  $(VENV)/bin/basedpyright || status=1; \
	  exit $$status

format: $(STAMP)
	$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format .

# Older wheels live outside the checkout; each is fetched once (1 GB). One that cannot be had is skipped, with the reason.
WHEELS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vivant
matrix: $(STAMP)
	$(PY) tools/window/matrix.py $(WHEELS) 4.2.23 4.5.15

window: $(STAMP)
	tools/window/make_root.sh && tools/window/run.sh tools/window/sidebar.py

bench: $(STAMP)
	$(PY) -m benchmarks

extension: $(STAMP)
	$(PY) tools/house/build_extension.py dist

clean:
	rm -rf $(VENV) build dist *.egg-info
