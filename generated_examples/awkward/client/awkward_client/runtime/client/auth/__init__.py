"""Credentials of requests over HTTP: the hook, ready ones for tokens and keys, and TLS.

Signing in with OAuth is the feature `oauth`.
"""
