# SPDX-License-Identifier: BSD-2-Clause
# Makefile - the few commands that a user or a developer types. CMake builds; this only calls it,
# after installing the Debian packages that are missing (packages.txt).
#
#   make help            what there is
#   make test JOBS=8     more processes than this machine has cores
#   IOMMUSIM_NO_INSTALL=1 make test     never install anything

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
DESTDIR ?=
PREFIX ?= /usr/local
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: linux test-linux help replay test test-long check bench bench-latency bench-silicon bench-sides bench-unmap bench-mapping bench-transitions capture capture-compare format clean install packages packages-ci

help:
	@echo 'make replay     build, and replay a real kernel trace: the demonstration'
	@echo 'make test       every test, in a debug build and under the sanitizers'
	@echo 'make test-long  the same tests with the full counts, and 30 minutes of fuzzing'
	@echo 'make check      static checks: files, layers, format, global state, cppcheck, clang-tidy'
	@echo 'make bench      run the benchmarks'
	@echo 'make bench-latency  simulated latency: curves, expectations, pictures'
	@echo 'make bench-silicon  published measurements of Intel machines beside the VT-d model'
	@echo 'make bench-sides    the same done to SMMUv3 and VT-d; what invalidations of VT-d cost'
	@echo 'make bench-mapping  mapping for each packet; mapping anew against a replace'
	@echo 'make bench-transitions  replace against detach + attach: the whole table, scaling, pictures'
	@echo 'make bench-unmap    what an unmap costs: 4 KiB to 1 GiB, by page and by range'
	@echo 'make capture    build patched kernels, and trace them in emulators (CAPTURE="--only arm64-*")'
	@echo 'make capture-compare  capture anew, and compare with the last time and with traces/'
	@echo 'make linux      build a Linux tree'"'"'s own SMMUv3 and VT-d drivers as programs (KERNEL=path/to/linux)'
	@echo 'make test-linux build those of Debian'"'"'s linux-source-6.12, and run scenarios on them'
	@echo 'make format     lay out every C and C++ file'
	@echo 'make install    install into PREFIX ($(PREFIX)); DESTDIR is honoured'
	@echo 'make clean      remove build/ and out/'

packages:
	@tools/install-packages.sh packages.txt

packages-ci:
	@tools/install-packages.sh packages.txt packages-ci.txt

# A configured build folder. Ninja configures again by itself when a CMakeLists.txt changes; it
# does not know the presets.
build/%/build.ninja: CMakePresets.json | packages
	cmake --preset $*
	@touch $@

replay: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@tools/demo.sh

# Both builds are tested even if the first fails, so that one run shows everything.
test: packages build/dev/build.ninja build/asan/build.ninja
	@cmake --build --preset dev -j $(JOBS)
	@cmake --build --preset asan -j $(JOBS)
	@status=0; \
	ctest --preset dev -j $(JOBS) || status=1; \
	ctest --preset asan -j $(JOBS) || status=1; \
	exit $$status

test-long: packages-ci build/release/build.ninja
	@cmake --build --preset release -j $(JOBS)
	@IOMMUSIM_TEST_LONG=1 ctest --preset release -j $(JOBS)
	@tools/check-same-bytes.sh
	@tools/fuzz.sh 1800

# From quick to slow; all of them run, and the failed ones are named at the end.
check: packages-ci build/dev/build.ninja
	@failed=; \
	cmake --build --preset dev -j $(JOBS) || failed=' build'; \
	for one in check-files check-layers check-format 'check-global-state build/dev' \
	    'check-cppcheck build/dev' check-tidy; do \
	    set -- $$one; script=tools/$$1.sh; shift; \
	    $$script "$$@" || failed="$$failed $${script##*/}"; \
	done; \
	[ -z "$$failed" ] || { echo "make check: failed:$$failed" >&2; exit 1; }

bench: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS)
	@cmake --build --preset release --target bench

# Simulated latency: curves, expectations and pictures into out/latency.
bench-latency: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target bench_latency
	@bench/latency.sh build/release/bench/latency/bench_latency

# Measured Xeons beside the model: table and pictures into out/silicon.
bench-silicon: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target bench_silicon
	@bench/silicon.sh build/release/bench/silicon/bench_silicon

# Both architectures side by side: table and pictures into out/sides.
bench-sides: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target bench_sides
	@bench/sides.sh build/release/bench/sides/bench_sides

# Every transition, replace against detach and attach: table and pictures into out/transitions; then
# the whole of what CI compares in part. What has run is not run again (out/transitions/*.sweep).
bench-transitions: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@bench/transitions.sh build/release/cli/iommusim
	@for one in bench/transitions/golden/*; do \
	    diff $$one out/transitions/$${one##*/} || exit 1; done

# A buffer mapped for each packet: table and picture into out/mapping.
bench-mapping: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target bench_mapping
	@bench/mapping.sh build/release/bench/mapping/bench_mapping

# Unmaps of every size: table and pictures into out/unmap; then the whole of what CI compares in part.
bench-unmap: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@bench/unmap.sh build/release/cli/iommusim
	@bench/unmap.sh --check build/release/cli/iommusim

# Kernels, guests and traces: build/capture and out/capture. CAPTURE: arguments of the script.
capture: packages build/release/build.ninja
	@tools/install-packages.sh kernel-glue/capture/packages.txt
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@JOBS=$(JOBS) kernel-glue/capture/captures.sh $(CAPTURE)

capture-compare: packages build/release/build.ninja
	@tools/install-packages.sh kernel-glue/capture/packages.txt
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@JOBS=$(JOBS) kernel-glue/capture/compare.sh $(CAPTURE)

# A kernel's own driver as a program of user space: build/linux. KERNEL: a tree of yours.
linux: packages build/release/build.ninja
	@tools/install-packages.sh kernel-glue/linux/packages.txt
	@cmake --build --preset release -j $(JOBS) --target iommusim
	@JOBS=$(JOBS) kernel-glue/linux/build.sh $(KERNEL)

test-linux: KERNEL :=
test-linux: linux
	@kernel-glue/linux/test.sh build/release/cli/iommusim
	@kernel-glue/linux/compare.sh

format: packages-ci
	@tools/check-format.sh --fix

install: packages build/release/build.ninja
	@cmake --build --preset release -j $(JOBS)
	DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)'

clean:
	rm -rf build out
