"""The issuer's endpoints: authorization and its pages, tokens, revocation, client registration."""
