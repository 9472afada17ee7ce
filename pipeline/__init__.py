"""Glocal: one global campaign brief into reviewed, culturally adapted copy for every market.

The main path is `pipeline.workflow.draft_unit`. The floors, from `errors` up to `cli`, are drawn in
CONTRIBUTING.md and held by import-linter.
"""

__version__ = "0.1.0"
