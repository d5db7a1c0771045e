"""The GraphQL API, executed by a GraphQL engine on a part of GitHub's published schema.

Each area has two files: `<area>.graphql`, its part of the schema, and `<area>.py`, its resolvers.
"""
