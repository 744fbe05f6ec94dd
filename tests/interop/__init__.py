"""The everything example's server, driven by clients that others wrote."""
