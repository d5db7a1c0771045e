"""How a database role is reached and logged in: addresses, TLS, passwords and their rotation."""
