"""A simulator of Open-Meteo: the wire format of its eight APIs over a climate that is made up and always the same.

It is not Open-Meteo, and says so in the `Server` header and on its page. The same place and hour have the same weather
in every API and at every start, so that a forecast, the archive and an ensemble agree.
"""
