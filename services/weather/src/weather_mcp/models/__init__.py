"""The nouns of weather and their rules. Units are in the names; temperatures say theirs beside them."""
