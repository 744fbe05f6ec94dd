"""Transports, middleware and features that are not part of the package."""
