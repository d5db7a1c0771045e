"""A simulator of Open-Meteo's eight APIs over a made-up, deterministic climate, and of two services of warnings.

It identifies itself as a simulator in the `Server` header and on its page. A place and hour have the same weather in
every API and at every start, so that forecast, archive and ensemble agree.
"""
