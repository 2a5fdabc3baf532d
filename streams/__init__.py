"""The thinking: pure functions over schemas. No I/O, no clock, no chance."""
