"""What a developer runs: real stores, a development issuer, the supervisor behind `make up`. Never part of an image."""
