# The commands of the README. The work is in CMakeLists.txt and scripts/.

# How many compilers run at once, and one test more.
JOBS ?= 2
export JOBS

.PHONY: run test test-long coverage docs release bench format clean

# The main job, from nothing: installs, builds, and runs the example.
run: release
	@scripts/run-example

# All that continuous integration does.
test:
	@scripts/setup
	@scripts/check

# The long variants of the tests: more crashes, more shutdowns, more fuzzing.
test-long:
	@scripts/setup
	@scripts/check long

# Which lines the quick tests reach, by folder; fails below 85 %.
coverage:
	@scripts/setup
	@scripts/coverage

# The reference of the public headers: build/docs/html/index.html.
docs:
	@scripts/setup
	@scripts/docs

# Leaves build/release/dspex.
release:
	@scripts/setup build
	@cmake --preset release >/dev/null
	@cmake --build build/release -j $(JOBS) --target dspex

# Measures, and compares each figure with a limit measured in the same run. All
# benchmarks, or some: make bench NAME=runtime, make bench NAME=runtime.start. The
# store of `history` has ten million executions: make bench NAME=history ROWS=N
bench:
	@scripts/setup
	@cmake --preset release >/dev/null
	@cmake --build build/release -j $(JOBS) --target dspex-bench
	@scripts/with-postgres build/release/dspex-bench \
	  $(if $(ROWS),--rows $(ROWS)) $(NAME)

# Gives the tracked C++ files the look of .clang-format.
format:
	@scripts/format

clean:
	rm -rf build
