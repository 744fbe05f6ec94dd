"""Signing in, against authorization servers that listen on this machine."""
