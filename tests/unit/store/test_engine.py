"""Rules of the database URL."""

from __future__ import annotations

from pipeline.store.record import open_record


def test_a_database_is_made_with_its_folder(database_url: str) -> None:
    """Opening a record that is not there makes it; opening it again changes nothing."""
    for _ in range(2):
        with open_record(database_url) as record:
            assert record.counts() == {}
