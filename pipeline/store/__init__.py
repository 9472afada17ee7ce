"""The system of record: campaigns, units, drafts, decisions and the memory of approved text.

It knows SQL (SQLite, or PostgreSQL by URL) and the domain's values. It knows nothing of models, checks, Prefect
or HTTP, and lets no exception of SQLAlchemy out. Enter by `pipeline.store.record.open_record`.
"""
