"""`ir` values -> the pieces of `Code` that templates put into their places.

Between the project and the templates: says how a method, a table or a type is written,
never in which file it stands. Every value goes through `pycode`.
"""
