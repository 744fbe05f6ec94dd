"""The official conformance suite, run against the everything example and judged strictly."""
