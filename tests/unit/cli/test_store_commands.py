"""`glocal models pull` and `glocal models verify`: what they say, and what their exit codes mean."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.bootstrap import Parts
from pipeline.cli.store_commands import _dialogue, transfer_progress

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


def weights_folder(workplace: Workplace) -> Path:
    source = workplace.folder / "weights"
    source.mkdir()
    (source / "config.json").write_text("{}")
    (source / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    return source


def test_pull_from_a_folder_fills_the_store(workplace: Workplace, glocal: Glocal) -> None:
    """A folder of weights becomes a stored model, verified, after its licence was shown."""
    source = weights_folder(workplace)
    ran = glocal("models", "pull", WRITER, "--from", source, "--force")
    assert ran.code == 0, ran
    assert ran.err.splitlines()[:2] == [
        f"{WRITER}: licence Apache-2.0",
        f"{WRITER}: commercial use: yes, the licence says so",
    ]
    assert "in the store, weights " in ran.err.splitlines()[-1]
    assert glocal("models", "verify").code == 0
    assert glocal("models", "pull", WRITER, "--from", source / "nowhere", "--force").code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([WRITER, "acme/other", "--from", "x"], ["about one model"]),
        (["--embedded", "--from", "x"], ["about one model"]),
        (["--embedded", "--revision", "a" * 40], ["about one model"]),
        ([WRITER, "--revision", "main"], ["'main' is no commit", "40 hexadecimal digits"]),
        ([WRITER, "--revision", "abc1234"], ["is no commit"]),
        ([WRITER, "--revision", "A" * 40], ["is no commit"]),
        ([WRITER, "--revision", "a" * 41], ["is no commit"]),
    ],
)
def test_pull_refuses_what_means_nothing(
    workplace: Workplace, glocal: Glocal, arguments: list[str], words: list[str]
) -> None:
    """One folder, or one commit, is that of one model; a branch is no commit."""
    cards = [workplace.card(), workplace.card(id="acme/other")]
    workplace.put("models.yaml", {"models": cards})
    assert glocal("models", "pull", *arguments).failed(2, *words)


def test_pull_asks_the_hub_for_what_nothing_carries(
    workplace: Workplace, glocal: Glocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that was told to stay offline says so, and names the other way."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (workplace.models / "acme--writer/manifest.json").unlink()
    ran = glocal("models", "pull", WRITER)
    assert ran.code == 1
    error = ran.err.splitlines()[-1]
    assert error.startswith("glocal: HF_HUB_OFFLINE")
    assert "--from" in error


@pytest.mark.parametrize(("answer", "accepted"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_terms_are_accepted_by_hand_on_a_terminal(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, answer: str, accepted: bool
) -> None:
    """Nothing but a typed yes is one."""
    card = workplace.parts().card(WRITER)
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    monkeypatch.setattr("sys.stderr", _Terminal())
    assert _dialogue(accept_licence=False).accept(card) is accepted
    assert _dialogue(accept_licence=True).accept(card)


def test_nobody_is_asked_without_a_terminal(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script says --accept-licence, or does not accept."""
    card = workplace.parts().card(WRITER)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert not _dialogue(accept_licence=False).accept(card)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_transfer_is_told_in_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    """A file gets a line for each tenth, however small the steps; nothing is told twice."""
    with transfer_progress("acme/writer: downloading", 2_000_000) as advance:
        for _ in range(2000):
            advance(1000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "acme/writer: downloading 2.0 MB"
    assert lines[1:] == [f"acme/writer: downloading: {tenth}0 %" for tenth in range(1, 11)]


def test_a_transfer_of_nothing_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    """All files may be there already."""
    with transfer_progress("x", 0) as advance:
        advance(0)
    assert capsys.readouterr().err == "x 0.0 MB\n"


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what has come in so far."""
    screen = _Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with transfer_progress("acme/writer", 2_000_000) as advance:
        advance(2_000_000)
    assert "acme/writer" in screen.getvalue()
    assert "2.0/2.0 MB" in screen.getvalue()


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


def test_verify_answers_as_json(workplace: Workplace, glocal: Glocal) -> None:
    """Intact or not, with the digest that provenance names, or the error."""
    digest = workplace.parts().models.weights_digest(WRITER)
    ran = glocal("models", "verify", "--json")
    (verdict,) = json.loads(ran.out)
    assert ran.code == 0
    assert verdict == {
        "model": WRITER,
        "intact": True,
        "weights_sha256": digest,
        "revision": None,
        "source": "test",
        "licence": "Apache-2.0",
        "created_at": "2026-01-01T00:00:00Z",
    }
    (workplace.models / "acme--writer/model.safetensors").write_bytes(b"weightz")
    ran = glocal("models", "verify", "--json")
    (verdict,) = json.loads(ran.out)
    assert (ran.code, verdict["intact"]) == (1, False)
    assert "model.safetensors" in verdict["error"]


def test_verify_says_which_model_has_given_weights(workplace: Workplace, glocal: Glocal) -> None:
    """The digest from a draft's provenance leads back to a stored model, or to none."""
    digest = workplace.parts().models.weights_digest(WRITER)
    ran = glocal("models", "verify", "--weights", digest)
    assert (ran.code, ran.err) == (0, f"{WRITER}: has exactly these weights\n")
    ran = glocal("models", "verify", "--weights", digest[:12])
    assert ran.failed(1, "no intact model here has the weights", "64 digits")


def test_verify_sees_a_model_whose_manifest_is_gone(workplace: Workplace, glocal: Glocal) -> None:
    """It would otherwise pass for intact, as nothing is recorded of it."""
    (workplace.models / "acme--writer/manifest.json").unlink()
    assert glocal("models", "verify").failed(1, WRITER, "not in the model store")


def test_verify_of_an_empty_store_says_so(workplace: Workplace, glocal: Glocal) -> None:
    """Silence would look like proof."""
    for path in sorted((workplace.models / "acme--writer").iterdir()):
        path.unlink()
    (workplace.models / "acme--writer").rmdir()
    ran = glocal("models", "verify")
    assert (ran.code, ran.out, ran.err) == (0, "", "The model store is empty.\n")


def test_embedded_models_are_those_that_are_installed(
    workplace: Workplace, glocal: Glocal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A card may name a package that nobody installed: it is left alone, not an error."""
    workplace.put("models.yaml", {"models": [workplace.card(package="no-such-package-anywhere")]})
    pulled: list[str] = []
    manifest = workplace.parts().models.manifest(WRITER)

    def pull(_: object, model_id: str, *__: object, **___: object) -> object:
        pulled.append(model_id)
        return manifest

    monkeypatch.setattr(Parts, "pull", pull)
    assert glocal("models", "pull", "--embedded").code == 0
    assert WRITER not in pulled
    assert {"google/gemma-3-270m", "intfloat/multilingual-e5-small"} <= set(pulled)
