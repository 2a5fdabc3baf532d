"""Tests of the Kafka edge, on a real broker."""
