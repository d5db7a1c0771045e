"""Sample data of any size. The same seed, size and last day produce identical rows on every machine."""
