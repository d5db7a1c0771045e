"""Weather's nouns and their rules. Units are in field names; `temperature_unit` gives that of temperatures."""
