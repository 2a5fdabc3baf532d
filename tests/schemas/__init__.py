"""Tests of the words: schemas, examples, codec, identity, times."""
