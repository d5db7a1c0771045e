"""What every server of the fleet runs on. A tool is a plain async method plus one row of policy; the rest is here."""
