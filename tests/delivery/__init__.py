"""How servers get to where they run."""
