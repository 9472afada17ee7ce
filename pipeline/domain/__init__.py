"""Frozen values that every floor above speaks in, one concept a file.

They know nothing of files, models, databases or the network.
"""
