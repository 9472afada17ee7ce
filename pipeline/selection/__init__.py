"""Which model writes for a locale, and why not the others.

Knows model cards and rules; knows nothing of weights beyond whether they are in the store.
"""
