"""What the issuer serves: sign-in in the browser, tokens, revocation and client registration."""
