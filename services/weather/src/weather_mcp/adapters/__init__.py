"""Implementations of the ports: Open-Meteo's APIs, the shared store, matplotlib."""
