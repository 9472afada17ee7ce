"""What a run needs, looked at one by one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

from pipeline.bootstrap import Parts
from pipeline.domain.endpoint import STORE
from pipeline.errors import GlocalError, ModelDamaged
from pipeline.selection.choose import endpoint_objection

PACKAGES = {
    "torch": "offline",
    "transformers": "offline",
    "sentence_transformers": "offline",
    "prefect": "flows",
    "fastapi": "review",
    "psycopg": "postgres",
}
"""Optional packages and the extra that brings each."""

FREE_BYTES = 2 * 1024**3
"""Room for the embedded models, unpacked, and a year of drafts."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    hint: str = ""


def examine(parts: Parts) -> list[Finding]:
    """Look at packages, data, models, database and disk; an error becomes a finding, never a stop."""
    findings = [_package(name, extra) for name, extra in PACKAGES.items() if _wanted(name, parts)]
    findings += [_guarded(what, look, parts) for what, look in _LOOKS.items()]
    return findings


def _wanted(name: str, parts: Parts) -> bool:
    return name != "psycopg" or parts.settings.record_url.startswith("postgres")


def _package(name: str, extra: str) -> Finding:
    present = find_spec(name) is not None
    return Finding(
        f"package {name}",
        present,
        "installed" if present else "absent",
        "" if present else f"pip install 'glocal[{extra}]'",
    )


def _guarded(what: str, look: Callable[[Parts], str], parts: Parts) -> Finding:
    try:
        return Finding(what, ok=True, detail=look(parts))
    except GlocalError as error:
        return Finding(what, ok=False, detail=str(error), hint=error.hint)


def _brands(parts: Parts) -> str:
    return ", ".join(parts.library.brand(name).id for name in parts.library.brand_ids())


def _locales(parts: Parts) -> str:
    return ", ".join(parts.library.locale_tags())


def _channels(parts: Parts) -> str:
    return ", ".join(channel.id for channel in parts.library.channels())


def _encoder(parts: Parts) -> str:
    return f"{parts.settings.encoder}, weights {_stored(parts, parts.settings.encoder)[:12]}"


def _generators(parts: Parts) -> str:
    from pipeline.planning import choose_model

    choices = {tag: choose_model(tag, parts.toolkit) for tag in parts.library.locale_tags()}
    for model in sorted({choice.model for choice in choices.values() if choice.runs_on == STORE}):
        _stored(parts, model)
    chosen = {tag: choice.model for tag, choice in choices.items()}
    return "; ".join(
        f"{model} for {', '.join(t for t in chosen if chosen[t] == model)}" for model in sorted(set(chosen.values()))
    )


def _stored(parts: Parts, model: str) -> str:
    """The digest of a stored model's weights; every byte is looked at only by `glocal models verify`."""
    digest = parts.models.weights_digest(model)
    if not parts.models.is_complete(model):
        raise ModelDamaged(f"{model}: a file is missing or cut short")
    return digest


def _endpoints(parts: Parts) -> str:
    """Every endpoint that may write for some market answers and serves its model; no content is sent."""
    told = []
    requests = parts.market(parts.library.locale_tags()).requests
    for endpoint in parts.availability.endpoints:
        if any(endpoint_objection(endpoint, request, parts.availability) is None for request in requests):
            found = parts.probe(endpoint)
            if found.error is not None:
                raise found.error
            # Some servers list nothing, or only what they found on their own disk.
            known = endpoint.served_name in found.served
            told.append(f"{endpoint.id} answers" + ("" if known else f" and does not list {endpoint.served_name}"))
    return "; ".join(told) or "none for this region"


def _database(parts: Parts) -> str:
    parts.record.counts()
    return parts.settings.region + ", " + parts.settings.record_url.split("://")[0]


def _disk(parts: Parts) -> str:
    folder = next(path for path in (parts.settings.models, *parts.settings.models.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise GlocalError(f"{free / 1024**3:.1f} GiB free", hint=f"Free {FREE_BYTES / 1024**3:.0f} GiB on {folder}.")
    return f"{free / 1024**3:.0f} GiB free"


_LOOKS: dict[str, Callable[[Parts], str]] = {
    "brands": _brands,
    "channels": _channels,
    "locales": _locales,
    "encoder": _encoder,
    "model for each locale": _generators,
    "endpoints": _endpoints,
    "database": _database,
    "disk": _disk,
}
