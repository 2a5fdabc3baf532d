"""The `incidents` command: puts the parts together; holds no logic."""
