"""Results files as types: one model per kind of run, one reader, one writer.

Nothing here computes an estimand or knows how a number is shown: statistics fill these models, and
reports, terminal and comparisons read them. Only pydantic is needed, neither torch nor scipy.
"""
