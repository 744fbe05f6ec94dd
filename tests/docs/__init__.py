"""The documentation: every block of code is executed, every link leads somewhere."""
