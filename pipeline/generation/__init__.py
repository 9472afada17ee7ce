"""From a prompt to clean candidates.

Knows samples and text; knows nothing of models (they come through `TextGenerator`), checks or storage.
"""
