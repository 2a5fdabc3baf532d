"""Tests of the local system, on real processes and real brokers."""
