"""Mails as a reader sees them: HTML as text, with the history that a reply quotes folded away."""
