"""Manifests from strangers, taken through the whole pipeline in confinement."""
