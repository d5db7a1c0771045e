"""The real backends: Open-Meteo's APIs, the shared store, the plotting library."""
