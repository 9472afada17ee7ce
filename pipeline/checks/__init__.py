"""Automatic checks of copy: each is a small generator that yields issues; bad copy never raises.

They know the text, its source, and what brand, channel and locale ask of it. They know nothing of models,
prompts in use, storage or people, and they never change a text.
"""
