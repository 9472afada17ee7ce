"""The schema's history: one numbered script a change, run by `pipeline.store.migrating`.

Scripts spell out their tables and never import `tables`, so that an old one keeps meaning what it meant.
"""
