"""`glocal models pull` from a hub, through the real client: what arrives, what is asked for, and what breaks."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pipeline.errors import (
    DiskFull,
    DownloadDamaged,
    HubDenied,
    HubError,
    HubUnavailable,
    NotOnHub,
    RevisionNotPinned,
    TermsNotAccepted,
    UnsafeModel,
    UsageError,
)
from pipeline.modelstore.hub import Hub
from pipeline.modelstore.hub_source import HubSource
from pipeline.modelstore.pull import Dialogue, pull_model

if TYPE_CHECKING:
    from pipeline.domain.model_card import ModelCard
    from pipeline.modelstore.manifest import Manifest
    from pipeline.modelstore.store import ModelStore
    from tests.integration.hub.conftest import Shell, SmallHub

MODEL = "acme/tiny-1"
COMMIT = "c0ffee" * 6 + "c0de"
TOKEN = "hf_secretsecretsecret"  # noqa: S105 (opens nothing)

NEEDED = [
    "LICENSE",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
]

Pull = Callable[..., "Manifest"]


def hidden(store: ModelStore) -> list[str]:
    """What lies in the store besides models, licences and locks."""
    return [path.name for path in store.root.iterdir() if path.name.startswith(".") and path.suffix != ".lock"]


def run(shell: Shell, *arguments: str, **other: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*shell.command, *arguments],
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **other,
    )


def says(ran: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Whether a command failed with one line of error, a hint, those words, and no secret."""
    last = ran.stderr.splitlines()[-1]
    assert ran.returncode == 1, ran
    assert last.startswith("glocal: "), ran
    assert " Hint: " in last, ran
    assert "Traceback" not in ran.stderr, ran
    assert TOKEN not in ran.stdout + ran.stderr, ran
    missing = [word for word in words if word not in last]
    assert not missing, (missing, ran)
    return True


def test_a_pulled_model_is_what_the_hub_has_and_says_where_it_came_from(
    hub: SmallHub, store: ModelStore, pull: Pull
) -> None:
    """Every needed file, byte for byte; the manifest names hub, commit and licence."""
    manifest = pull()

    assert store.verify(MODEL) == manifest
    assert sorted(manifest.files) == NEEDED
    assert all((store.folder(MODEL) / name).read_bytes() == hub.files[name] for name in NEEDED)
    assert manifest.revision == COMMIT
    assert manifest.source == f"hub:127.0.0.1:{hub.ports['hub']}/{MODEL}"
    assert hidden(store) == []


def test_only_the_needed_files_are_asked_for(hub: SmallHub, pull: Pull) -> None:
    """No code, no pickle, no second copy of the weights; and nothing but the listing and the files."""
    pull()

    asked = sorted(request.path.rpartition("/")[2] for request in hub.asked_for("hub", "/resolve/"))
    assert asked == NEEDED
    assert [request.path for request in hub.asked_for("hub") if "/resolve/" not in request.path] == [
        f"/api/models/{MODEL}/revision/{COMMIT}?blobs=true"
    ]
    assert {request.method for request in hub.asked} == {"GET"}


def test_shards_are_those_that_the_index_names(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """Of a model in several files all are fetched, and no other safetensors."""
    weights = hub.files.pop("model.safetensors")
    for number in (1, 2):
        hub.files[f"model-0000{number}-of-00002.safetensors"] = weights
    hub.files["model.safetensors.index.json"] = json.dumps(
        {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    ).encode()

    manifest = pull()

    assert [name for name in sorted(manifest.files) if "safetensors" in name] == [
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
    ]
    store.verify(MODEL)


def test_a_cut_connection_is_mended_within_a_pull(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """The client asks for the rest only."""
    hub.cuts = [0, 3_000_000, 1_500_000]

    pull()

    requests = hub.asked_for("cdn", "model.safetensors")
    starts = [request.start for request in requests]
    assert starts == sorted(starts)
    assert {request.headers["accept-encoding"] for request in requests} == {"identity"}, "a part of what is packed"
    assert starts[-1] > 3_000_000
    store.verify(MODEL)


def test_a_pull_goes_on_where_an_earlier_one_stopped(
    hub: SmallHub, store: ModelStore, pull: Pull, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub went away for good; what had arrived is neither in the store nor asked for again."""
    hub.cuts = [4_000_000]

    def gone_when_cut(_: float) -> None:
        hub.gone = True

    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", gone_when_cut)
    with pytest.raises(HubUnavailable, match="does not answer") as caught:
        pull()
    assert caught.value.retryable
    assert not store.has(MODEL)
    assert store.ids() == []

    hub.gone = False
    hub.asked.clear()
    pull()

    (weights,) = hub.asked_for("cdn", "model.safetensors")
    assert weights.start >= 3_000_000
    assert [request.path.rpartition("/")[2] for request in hub.asked_for("hub", "/resolve/")] == ["model.safetensors"]
    store.verify(MODEL)
    assert hidden(store) == []


def test_a_killed_pull_is_gone_on_with(hub: SmallHub, store: ModelStore, shell: Shell) -> None:
    """A process that had no time to say goodbye leaves what it had, and the next one takes it from there."""
    hub.pause = threading.Event()
    process = subprocess.Popen([*shell.command, "pull", MODEL], env=shell.environment, stderr=subprocess.DEVNULL)
    assert hub.paused.wait(60)
    partial = wait_for_bytes(store, 2_000_000)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    hub.pause.set()
    assert partial.stat().st_size < len(hub.files["model.safetensors"])
    assert not store.has(MODEL)

    hub.pause = None
    hub.asked.clear()
    ran = run(shell, "pull", MODEL)

    assert ran.returncode == 0, ran
    (weights,) = hub.asked_for("cdn", "model.safetensors")
    assert weights.start >= 2_000_000
    store.verify(MODEL)
    assert hidden(store) == []


def wait_for_bytes(store: ModelStore, size: int) -> Path:
    """The partial file, once it holds so many bytes."""
    for _ in range(600):
        for path in store.root.glob(".*.pull-*/spare/*"):
            if path.stat().st_size >= size:
                return path
        threading.Event().wait(0.1)
    raise AssertionError


def test_what_was_kept_of_another_commit_is_cleared_away(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """A part of one commit is never taken for a part of another, and does not stay for ever."""
    hub.served["model.safetensors"] = hub.files["model.safetensors"][:-1] + b"!"
    with pytest.raises(DownloadDamaged):
        pull()
    assert len(hidden(store)) == 1
    hub.served.clear()
    hub.commit = "b" * 40

    pull(revision="b" * 40)

    assert hidden(store) == []
    assert store.verify(MODEL).revision == "b" * 40


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_file_with_a_wrong_digest_never_enters_the_store(
    hub: SmallHub, store: ModelStore, pull: Pull, name: str
) -> None:
    """Large files have a SHA-256 in the listing, small ones the name of their git blob; both are held to it."""
    content = hub.files[name]
    hub.served[name] = content[:-1] + bytes([content[-1] ^ 1])

    with pytest.raises(DownloadDamaged, match=name) as caught:
        pull()

    assert not caught.value.retryable
    assert not store.has(MODEL)
    assert not list(store.root.glob(".*.pull-*/spare/*")), "a wrong part is not gone on with"
    hub.served.clear()
    pull()
    store.verify(MODEL)


def test_a_part_that_was_changed_meanwhile_is_found_out(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """What a disk made of the first half is found in the whole."""
    hub.cuts = [4_000_000]
    hub.served["model.safetensors"] = hub.files["model.safetensors"][:4_000_000]
    with pytest.raises((HubUnavailable, DownloadDamaged)):
        pull()
    hub.served.clear()
    for partial in store.root.glob(".*.pull-*/spare/*"):
        partial.write_bytes(b"\0" * partial.stat().st_size)
    for file in store.root.glob(".*.pull-*/model/config.json"):
        file.write_bytes(b"\0" * file.stat().st_size)

    try:
        pull()
    except DownloadDamaged:
        pull()

    store.verify(MODEL)
    assert (store.folder(MODEL) / "config.json").read_bytes() == hub.files["config.json"]


def test_a_hub_without_ranges_starts_over(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """A whole file in answer to a part of it is not put behind that part."""
    hub.cuts = [3_000_000]
    hub.no_ranges = True

    pull()

    store.verify(MODEL)


def test_more_bytes_than_listed_are_not_written(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """A hub that never stops would fill the disk."""
    hub.endless = True

    with pytest.raises(DownloadDamaged, match="more than"):
        pull()

    assert not list(store.root.glob(".*.pull-*/spare/*"))


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"commit": "d" * 40}, NotOnHub, [f"no commit {COMMIT}"]),
        ({"names": set()}, NotOnHub, ["no model acme/tiny-1"]),
        ({"gated": True}, HubDenied, ["is gated"]),
        ({"needs_token": "other"}, HubDenied, ["does not accept"]),
        ({"broken": 500}, HubUnavailable, ["(500)"]),
        ({"broken": 429}, HubUnavailable, ["(429)"]),
        ({"broken": 418}, HubError, ["(418)"]),
        ({"api_body": b"<html>"}, HubError, ["cannot be read"]),
        ({"api_body": b"[]"}, HubError, ["cannot be read"]),
        (
            {"api_body": json.dumps({"id": MODEL, "sha": "e" * 40, "siblings": []}).encode()},
            HubError,
            ["another commit"],
        ),
        ({"redirect": "file:///etc/passwd"}, HubError, ["no address"]),
        ({"relisted": lambda _: [{"rfilename": "config.json", "size": "many"}]}, HubError, ["cannot be read"]),
        ({"relisted": lambda _: [{"size": 1}]}, HubError, ["cannot be read"]),
        ({"relisted": lambda _: 3}, HubError, ["cannot be read"]),
    ],
    ids=lambda value: str(value) if isinstance(value, type) else None,
)
def test_what_a_hub_refuses_is_told_in_one_line(
    hub: SmallHub, store: ModelStore, pull: Pull, fault: dict[str, Any], error: type[HubError], words: list[str]
) -> None:
    """Each refusal is an error of its own, with a hint, and leaves the store as it was."""
    for name, value in fault.items():
        setattr(hub, name, value)

    with pytest.raises(error) as caught:
        pull(token=TOKEN)

    assert type(caught.value) is error
    assert all(word in str(caught.value) for word in words), caught.value
    assert TOKEN not in str(caught.value) + caught.value.hint
    assert store.ids() == []


def test_a_hub_that_is_not_there_is_worth_another_try(store: ModelStore, card: ModelCard) -> None:
    """Nobody listens on port 9 of this machine."""
    source = HubSource(connect=lambda: Hub("http://127.0.0.1:9"))
    with pytest.raises(HubUnavailable, match="does not answer") as caught:
        pull_model(store, card, source, Dialogue(lambda _: None))
    assert caught.value.retryable


def test_a_gated_model_says_where_to_accept_its_terms(hub: SmallHub, pull: Pull) -> None:
    """Address and variable, in the hint; without a token as with one."""
    hub.gated = True
    for token in (None, TOKEN):
        with pytest.raises(HubDenied) as caught:
            pull(token=token)
        assert f"{hub.endpoint}/{MODEL}" in caught.value.hint
        assert "HF_TOKEN" in caught.value.hint


def test_without_a_pinned_commit_nothing_is_downloaded(hub: SmallHub, pull: Pull, card: ModelCard) -> None:
    """The hint is the command with the commit that the main branch stands at now."""
    with pytest.raises(RevisionNotPinned) as caught:
        pull(card=card.model_copy(update={"revision": None}))

    assert f"glocal models pull {MODEL} --revision {COMMIT}" in caught.value.hint
    assert hub.asked_for("hub", "/resolve/") == []


def test_a_stored_model_of_another_commit_is_not_taken_for_the_one_asked_for(hub: SmallHub, pull: Pull) -> None:
    """What is there stays, until it is replaced on purpose."""
    pull()
    hub.commit = "b" * 40
    with pytest.raises(UsageError, match=f"at commit {COMMIT}") as caught:
        pull(revision="b" * 40)
    assert "--force" in caught.value.hint
    assert pull(revision="b" * 40, force=True).revision == "b" * 40


def test_a_model_that_the_hub_renamed_is_found_by_its_other_name(hub: SmallHub, pull: Pull, card: ModelCard) -> None:
    """The store keeps it under the card's own id, and the manifest says which name the hub had."""
    hub.names = {"acme-labs/tiny-1"}
    manifest = pull(card=card.model_copy(update={"aliases": ("acme-labs/tiny-1",)}))
    assert manifest.model_id == MODEL
    assert manifest.source.endswith("/acme-labs/tiny-1")


def test_room_is_looked_for_before_any_file_is_asked_for(
    hub: SmallHub, pull: Pull, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub says how large the files are."""
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=5_000_000))
    with pytest.raises(DiskFull, match=r"needs about 0\.0 GB"):
        pull()
    assert hub.asked_for("hub", "/resolve/") == []


def test_a_disk_that_fills_up_on_the_way_is_said_so_and_freed(hub: SmallHub, store: ModelStore, shell: Shell) -> None:
    """A real process that may write no file of more than three million bytes: the same answer as a full disk's."""
    ran = run(
        shell, "pull", MODEL, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
    )
    assert says(ran, "ran out of room", "Free some space")
    assert hub.asked_for("cdn", "model.safetensors")
    assert not store.has(MODEL)
    assert hidden(store) == []


def test_a_full_disk_is_said_so_whichever_way_the_system_puts_it(
    pull: Pull, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No space, or no more of it for this user."""
    import pipeline.modelstore.hub_file as module

    for code in (errno.ENOSPC, errno.EDQUOT):

        def full(*_: object, code: int = code) -> int:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(module.Bounded, "write", full)
        with pytest.raises(DiskFull):
            pull()
        assert hidden(store) == []


def test_two_processes_that_pull_at_once_download_once(hub: SmallHub, store: ModelStore, shell: Shell) -> None:
    """The second waits and finds the model there."""
    processes = [
        subprocess.Popen([*shell.command, "pull", MODEL], env=shell.environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], told
    assert len(hub.asked_for("cdn", "model.safetensors")) == 1
    assert sum("already in the model store" in lines for lines in told) == 1
    store.verify(MODEL)
    assert hidden(store) == []


def test_the_token_goes_to_the_hub_and_nowhere_else(hub: SmallHub, store: ModelStore, shell: Shell) -> None:
    """Not to the content network, not into the manifest, and not into what is printed."""
    hub.needs_token = TOKEN

    ran = run(shell, "pull", MODEL)

    assert ran.returncode == 0, ran
    assert all(request.headers.get("authorization") == f"Bearer {TOKEN}" for request in hub.asked_for("hub"))
    assert hub.asked_for("cdn")
    assert not any("authorization" in request.headers for request in hub.asked_for("cdn"))
    written = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert TOKEN.encode() not in written + (ran.stdout + ran.stderr).encode()
    assert "s3cr3t" not in ran.stdout + ran.stderr


def test_a_hub_that_sends_a_question_elsewhere_does_not_send_the_token_along(hub: SmallHub, pull: Pull) -> None:
    """Another port is another place."""
    hub.moved = True
    with pytest.raises(NotOnHub):
        pull(token=TOKEN)
    assert hub.asked_for("hub")[0].headers["authorization"] == f"Bearer {TOKEN}"
    (elsewhere,) = hub.asked_for("cdn")
    assert "authorization" not in elsewhere.headers


def test_a_signed_address_is_not_printed_when_a_download_fails(hub: SmallHub, shell: Shell) -> None:
    """The client's own warnings hold it, and stay inside."""
    hub.gone = True
    ran = run(shell, "pull", MODEL)
    assert says(ran, "does not answer", "it goes on where it stopped")
    assert "s3cr3t" not in ran.stdout + ran.stderr


def test_offline_is_offline(hub: SmallHub, shell: Shell) -> None:
    """A machine that was told to stay inside asks no hub."""
    shell = dataclasses.replace(shell, environment=shell.environment | {"HF_HUB_OFFLINE": "1"})
    assert says(run(shell, "pull", MODEL), "HF_HUB_OFFLINE", "--from")
    assert hub.asked == []


def test_after_a_pull_no_library_of_the_process_gets_out(hub: SmallHub, pull: Pull) -> None:
    """Loading is offline also where a pull came before it."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import OfflineModeIsEnabled

    pull()
    asked = len(hub.asked)
    with pytest.raises(OfflineModeIsEnabled):
        HfApi(endpoint=hub.endpoint).model_info(MODEL)
    assert len(hub.asked) == asked


def test_conditions_are_accepted_once(
    hub: SmallHub, store: ModelStore, pull: Pull, card: ModelCard, said: list[str]
) -> None:
    """Shown before the question, asked before any file, written down, and asked again when the terms change."""
    conditional = card.model_copy(update={"commercial_use": "conditional", "commercial_reason": "Only in moderation"})
    with pytest.raises(TermsNotAccepted) as caught:
        pull(card=conditional)
    assert "--accept-licence" in caught.value.hint
    assert f"{MODEL}: licence Apache-2.0, https://example.org/licence" in said
    assert f"{MODEL}: commercial use: conditional, Only in moderation" in said
    assert hub.asked_for("hub", "/resolve/") == []

    manifest = pull(card=conditional, accept=lambda _: True)
    record = json.loads((store.root / "licences/acme--tiny-1.json").read_text())
    assert record["model_id"] == MODEL
    assert record["terms"] == manifest.accepted_terms
    assert record["accepted_by"]

    assert pull(card=conditional, force=True).accepted_terms == manifest.accepted_terms
    with pytest.raises(TermsNotAccepted):
        pull(card=conditional.model_copy(update={"commercial_reason": "Never on Mondays"}), force=True)


def test_what_may_not_be_used_commercially_is_pulled_for_evaluation_only(
    pull: Pull, card: ModelCard, said: list[str]
) -> None:
    """It is said plainly, before anything is downloaded."""
    pull(card=card.model_copy(update={"commercial_use": "unknown"}), accept=lambda _: True)
    assert any("to be evaluated only" in line for line in said)


@pytest.mark.parametrize(
    "name",
    ["../outside.json", "/etc/cron.d/evil", "a/../../b.json", "sub\\..\\b.json", "model\n.json", "./config.json", ""],
)
def test_a_listing_that_leads_outside_is_refused(hub: SmallHub, store: ModelStore, pull: Pull, name: str) -> None:
    """Nobody lists such a file by mistake: nothing at all is taken from there."""
    hub.files[name] = b"{}"
    with pytest.raises(UnsafeModel, match="outside the model's folder"):
        pull()
    assert hub.asked_for("hub", "/resolve/") == []
    assert hidden(store) == []


def test_an_index_that_leads_outside_is_refused(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """Before any weights are asked for."""
    hub.files["model-00001-of-00001.safetensors"] = hub.files.pop("model.safetensors")
    hub.files["model.safetensors.index.json"] = b'{"weight_map": {"a": "../../other/model.safetensors"}}'
    with pytest.raises(UnsafeModel, match="beside it"):
        pull()
    assert hub.asked_for("cdn", "safetensors") == []
    assert hidden(store) == []


def test_settings_are_looked_at_before_the_weights_are_asked_for(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """Code beside the weights does no harm, as it is not fetched; settings that name it do."""
    hub.files["config.json"] = b'{"auto_map": {"AutoModel": "modeling_tiny.Evil"}}'
    with pytest.raises(UnsafeModel, match="auto_map"):
        pull()
    assert hub.asked_for("cdn", "model.safetensors") == []
    assert hidden(store) == []


def test_weights_that_are_none_are_refused_when_they_have_come(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """The digest is as listed, and what it is of is a pickle; nothing of it stays."""
    hub.files["model.safetensors"] = b"\x80\x04K\x01." + bytes(100)
    with pytest.raises(UnsafeModel, match=r"model\.safetensors is not in the safetensors format"):
        pull()
    assert not store.has(MODEL)
    assert hidden(store) == []


def test_a_listing_without_end_is_refused(hub: SmallHub, pull: Pull) -> None:
    """Ten thousand files are no model."""
    hub.relisted = lambda entries: entries + [{"rfilename": f"f{number}"} for number in range(10_001)]
    with pytest.raises(UnsafeModel, match="10015 files"):
        pull()


def test_a_length_that_is_a_lie_is_told(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """More listed than there is, and less."""
    real = len(hub.files["model.safetensors"])
    for size, error in ((real + 5, HubError), (real - 5, DownloadDamaged)):

        def relisted(entries: list[dict[str, Any]], size: int = size) -> list[dict[str, Any]]:
            weights = next(entry for entry in entries if entry["rfilename"] == "model.safetensors")
            weights["size"] = weights["lfs"]["size"] = size
            return entries

        hub.relisted = relisted
        with pytest.raises(error):
            pull()
        assert not store.has(MODEL)


def test_a_listing_without_digests_is_not_believed(hub: SmallHub, store: ModelStore, pull: Pull) -> None:
    """What cannot be compared cannot be trusted."""
    hub.relisted = lambda entries: [{"rfilename": entry["rfilename"], "size": entry["size"]} for entry in entries]
    with pytest.raises(HubError, match="no digest"):
        pull()
    assert not store.has(MODEL)


def test_a_repository_without_safetensors_is_told(hub: SmallHub, pull: Pull) -> None:
    """A pickle is no weights."""
    del hub.files["model.safetensors"]
    with pytest.raises(NotOnHub, match="no safetensors weights"):
        pull()


def test_verify_prints_the_digest_that_drafts_name(hub: SmallHub, pull: Pull, shell: Shell) -> None:
    """As lines, as JSON, and as the answer to the question which model has these weights."""
    digest = pull().weights_digest

    assert f"{MODEL}: every file is as recorded, weights {digest}\n" == run(shell, "verify").stdout
    (verdict,) = json.loads(run(shell, "verify", "--json").stdout)
    assert (verdict["weights_sha256"], verdict["revision"], verdict["intact"]) == (digest, COMMIT, True)
    assert f"{MODEL}: has exactly these weights" in run(shell, "verify", "--weights", digest).stderr
    assert says(run(shell, "verify", "--weights", "0" * 64), "no intact model here has the weights")
    assert hub.asked_for("hub")


def test_the_catalog_may_leave_the_commit_open(hub: SmallHub, store: ModelStore, shell: Shell) -> None:
    """The command in the hint is the one that works."""
    cards = shell.workspace / "models.yaml"
    (content,) = yaml.safe_load(cards.read_text())["models"]
    cards.write_text(yaml.safe_dump({"models": [content | {"revision": None}]}))
    ran = run(shell, "pull", MODEL)
    assert says(ran, "which commit", f"glocal models pull {MODEL} --revision {COMMIT}")
    assert run(shell, "pull", MODEL, "--revision", COMMIT).returncode == 0
    assert store.verify(MODEL).revision == COMMIT
    assert hub.asked_for("cdn")
