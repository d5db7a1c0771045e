"""The audit trail: entries in hash chains, anchored, exported and kept as long as retention says."""
