"""The tests: each folder mirrors the package of its name, on the real parts wherever these start in seconds."""
