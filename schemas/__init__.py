"""The words of the system: topics, models, Avro schemas and the codec. No I/O."""
