"""Domain records and rules, independent of database, transport and clock."""
