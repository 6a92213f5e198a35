"""pgwarden: a PostgreSQL proxy that audits, firewalls and masks."""

__version__ = "0.1.0"
"""As in pyproject.toml."""
