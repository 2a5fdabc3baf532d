"""The migrations of the tables, one file a step in `versions`; `sinks.schema` carries them out."""
