"""The base of every domain value, and the digest that identifies one."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Lower-case letters, digits, `-` and `_`: safe in a file name, a URL and a key."""

LocaleTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
"""A BCP 47 tag in its canonical case: language, then script and region where given."""

VISIBLE = r"[^\s\p{Z}\p{Cc}\p{Cf}\x{034F}\x{115F}\x{1160}\x{3164}\x{FFA0}\x{2800}]"
"""A character that a reader sees: no space, no control, no filler. In the syntax of pydantic's own expressions."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=VISIBLE)]
"""Text with something in it, no longer than a page."""


class Value(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


def digest_of(*parts: object) -> str:
    """SHA-256 (hex) over the canonical JSON of values: the same content gives the same digest anywhere."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 (hex) of one text as UTF-8: what a human decision is bound to."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
