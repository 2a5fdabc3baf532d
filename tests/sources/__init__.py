"""Tests of the ways in: adapters, intake, recordings, gateway."""
