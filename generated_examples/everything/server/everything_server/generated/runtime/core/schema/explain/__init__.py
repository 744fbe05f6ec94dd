"""Why a value is not valid: problems with their paths, found in bounded work."""
