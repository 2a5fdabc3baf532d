"""Tests of the agents: on real Kafka, with real processes."""
