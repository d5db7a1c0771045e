"""Parts of sample data generators: reproducible random numbers, names, plans, lifecycles, bulk loading."""
