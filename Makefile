# The commands of the README. The work is in CMakeLists.txt and scripts/.

# How many compilers and tests run at once.
JOBS ?= 2
export JOBS

.PHONY: run test test-long release bench format clean

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

# Leaves build/release/dspex.
release:
	@scripts/setup build
	@cmake --preset release >/dev/null
	@cmake --build build/release -j $(JOBS) --target dspex

# Measures, and compares each figure with a limit measured in the same run. All
# benchmarks, or one: make bench NAME=x
bench:
	@scripts/setup build
	@cmake --preset release >/dev/null
	@cmake --build build/release -j $(JOBS) --target dspex-bench
	@build/release/dspex-bench $(NAME)

# Gives the tracked C++ files the look of .clang-format.
format:
	@scripts/format

clean:
	rm -rf build
