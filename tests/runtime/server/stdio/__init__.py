"""Servers over standard input and output, as processes of their own."""
