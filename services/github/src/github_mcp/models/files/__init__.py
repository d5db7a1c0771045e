"""Contents of files: text, bytes, links and pointers."""
