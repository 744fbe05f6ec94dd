"""The awkward server."""
