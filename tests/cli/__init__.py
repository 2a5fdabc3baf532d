"""Tests of the `incidents` command."""
