"""The model store: a folder of verified weights, and how weights come into it.

It knows files, digests and what could run code. It knows nothing of torch, of how a model is loaded or of what it
writes.
"""
