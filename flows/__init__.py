"""Prefect skins over the library: one flow, and the commands that start it or schedule it.

Knows how work is cut into tasks, when a task may be tried again, and what Prefect may be told: ids, counts and
hashes. Knows nothing of how a unit is drafted; that is `pipeline.workflow`. `localize` and `deploying` need
Prefect installed; the other modules do not import it, so that `glocal --help` answers at once.
"""
