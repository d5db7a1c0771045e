"""The journal: idempotency of writes, single use of confirmations, and the hash-chained audit trail."""
