"""The protocol as data and types, made from its official schemas."""
