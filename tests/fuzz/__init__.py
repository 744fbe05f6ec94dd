"""Requests that nobody would send, in large numbers: `python -m tests.fuzz`."""
