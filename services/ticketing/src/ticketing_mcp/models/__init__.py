"""The nouns of this service and their rules, free of any database, transport or clock."""
