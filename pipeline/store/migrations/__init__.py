"""The schema's history: one numbered script a change, run by `pipeline.store.migrating`.

To change the schema: change `tables`, write the next script by hand with the one before as `down_revision`, and
run tests/unit/store/test_migrating.py, which names every difference that is left.

Scripts spell out their tables and never import `tables`, so that an old one keeps meaning what it meant.
"""
