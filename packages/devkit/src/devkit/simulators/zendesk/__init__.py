"""A simulator of Zendesk Support: its REST API over a desk in memory, for development and tests.

Shapes and rules are those of the API reference (https://developer.zendesk.com/api-reference/). The simulator was never
compared with the live service. Where the reference leaves a rule open, it takes the stricter one.
"""
