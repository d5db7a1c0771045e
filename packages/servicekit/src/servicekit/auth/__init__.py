"""Who may call: credentials in, a `Caller` or an honest challenge out."""
