"""Writes that happen once and leave a record: idempotency, used confirmations, the audit trail."""
