"""The seeded workflow runs of acme/website, oldest first, by their place in the list."""

CI, HEALTH, DEPLOYMENT = range(3)
