"""Files that people write, turned into domain values.

Knows YAML, JSON Lines and where files lie; knows nothing of models, prompts or databases.
"""
