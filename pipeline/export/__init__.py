"""Approved copy on its way out: files that other systems read, each with a manifest of where it came from.

Knows approved texts and file formats; knows nothing of databases or of how a text was approved.
"""
