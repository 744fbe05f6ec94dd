"""The official JSON-Schema-Test-Suite through generated packages."""
