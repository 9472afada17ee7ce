"""Scores of copy, each a number that explains itself, and the order they put candidates in.

Works on unit vectors alone, with numpy. Knows nothing of the model that made the vectors, of checks beyond
their verdicts, or of storage.
"""
