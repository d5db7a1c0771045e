"""Writes that happen once and leave a record: idempotency, single-use consent and audit, where the effect commits."""
