"""The steps, each from one version of the tables to the next. What a step says is never changed."""
