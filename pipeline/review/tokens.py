"""Proof that a form was made by this desk: a signed double-submit token.

The browser holds a random value in a cookie that scripts and other sites cannot read; a form carries its
HMAC under a key that this process alone knows. Nothing is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

_VALUE_LENGTH = 43
"""Characters of 32 random bytes in URL-safe Base64."""


@dataclass(frozen=True)
class TokenMaker:
    """Makes and checks form tokens; every start of the desk has a key of its own."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def cookie_value(self, present: str | None) -> str:
        """The value for the browser's cookie: the one it has, or a fresh one."""
        return present if present and len(present) == _VALUE_LENGTH else secrets.token_urlsafe(32)

    def form_token(self, cookie: str) -> str:
        """The token for a form shown to the holder of a cookie (hex)."""
        return hmac.new(self.key, cookie.encode(), hashlib.sha256).hexdigest()

    def matches(self, cookie: str | None, token: str) -> bool:
        """Whether a form's token belongs to the cookie that came with it."""
        expected = self.form_token(cookie or "").encode()
        return bool(cookie) and hmac.compare_digest(expected, token.encode("utf-8", "replace"))
