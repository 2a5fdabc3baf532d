"""The tests: each folder mirrors the package of its name, on real parts wherever these start in seconds."""
