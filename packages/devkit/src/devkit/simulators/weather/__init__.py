"""A simulator of Open-Meteo: the wire format of its eight APIs over an invented, reproducible climate.

The `Server` header and its page identify it as a simulator. The same place and hour have the same weather in every API
and after every start, so that forecast, archive and ensemble agree.
"""
