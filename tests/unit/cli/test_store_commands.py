"""`glocal models pull` and `glocal models verify`: what they say, and what their exit codes mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.conftest import Workplace

WRITER = "acme/writer"

Glocal = Callable[..., Any]


def test_pull_of_an_unknown_model_is_told(glocal: Glocal) -> None:
    """A model without a card is named, with the way to see the catalog."""
    assert glocal("models", "pull", "acme/none").failed(1, "the catalog has no model 'acme/none'", "models list")


def test_pull_wants_a_name(glocal: Glocal) -> None:
    """Nothing named is wrong use."""
    assert glocal("models", "pull").failed(2, "no model was named", "--embedded")


def test_pull_from_a_folder_fills_the_store(workplace: Workplace, glocal: Glocal) -> None:
    """A folder of weights becomes a stored model, verified, after its licence was shown."""
    source = workplace.folder / "weights"
    source.mkdir()
    (source / "config.json").write_text("{}")
    (source / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    ran = glocal("models", "pull", WRITER, "--from", source, "--force")
    assert ran.code == 0, ran
    assert f"{WRITER}: licence Apache-2.0" in ran.err.splitlines()
    assert "in the store, weights " in ran.err.splitlines()[-1]
    assert glocal("models", "verify").code == 0
    assert glocal("models", "pull", WRITER, "--from", source / "nowhere", "--force").code == 1


def test_verify_looks_at_every_file(workplace: Workplace, glocal: Glocal) -> None:
    """Intact files pass; one changed byte is exit code 1, with the file's name and a hint."""
    digest = workplace.parts().models.weights_digest(WRITER)
    ran = glocal("models", "verify")
    assert (ran.code, ran.out, ran.err) == (0, f"{WRITER}: every file is as recorded, weights {digest}\n", "")
    (workplace.models / "acme--writer/model.safetensors").write_bytes(b"weightz")
    for arguments in ([], [WRITER]):
        assert glocal("models", "verify", *arguments).failed(1, WRITER, "model.safetensors", "models pull")


def test_verify_of_what_is_not_stored_is_told(glocal: Glocal) -> None:
    """A model that is not in the store cannot be verified."""
    assert glocal("models", "verify", "acme/none").failed(1, "acme/none", "not in the model store")


def test_verify_tells_a_damaged_manifest(workplace: Workplace, glocal: Glocal) -> None:
    """A manifest that cannot be read is a damaged model: one line."""
    (workplace.models / "acme--writer/manifest.json").write_text("{")
    assert glocal("models", "verify").failed(1, "manifest", "models pull")
