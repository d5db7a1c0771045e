"""Ports of the service, by noun: small enough for Postgres and for an outside help desk.

Every operation is limited to the caller's tenant and granted queues. Tickets of other queues do not exist for the
caller.
"""
