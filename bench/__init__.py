"""The benchmarks: numbers and ratios of one run, nothing asserted. May not: be needed by the program."""
