"""Generated files: tables in Markdown, `.env.example`, schemas, contract files."""
