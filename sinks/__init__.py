"""The ways out: SQL tables, what a terminal shows of them."""
