"""The everything server."""
