"""Cuts SQL into tokens; for other compiled modules only (scanner.pxd)."""
