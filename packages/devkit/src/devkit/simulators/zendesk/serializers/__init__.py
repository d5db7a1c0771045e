"""JSON of the records, as the API reference describes it."""
