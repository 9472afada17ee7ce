"""What Prefect may learn of a failure: a code and a reference, nothing that a person wrote.

Prefect stores the text of every exception. So none leaves a task or a flow as it is: what happened goes to the
workspace's own log under a random reference, and a `SafeError` with that reference goes on.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flows.workplace import keep_details
from pipeline.errors import GlocalError

P = ParamSpec("P")
R = TypeVar("R")


class SafeError(Exception):
    """Raised in place of an error: its class name, where its details lie, and whether to try again."""

    def __init__(self, code: str, reference: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code} ({reference})")
        self.code = code
        self.reference = reference
        self.retryable = retryable


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Let only `SafeError` out of a function.

    Prefect's control exceptions, Ctrl+C and exits are no `Exception`, and pass.
    """

    @functools.wraps(function)
    def safely(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SafeError:
            raise
        except Exception as error:  # noqa: BLE001 (this is the wall that nothing may pass)
            safe = _made_safe(error)
        # Outside of the handler: inside, Python would tie the original to it.
        raise safe

    # Prefect reads a flow's parameters from its signature, and would resolve their types in this module.
    safely.__signature__ = inspect.signature(function, eval_str=True)  # type: ignore[attr-defined]
    return safely


def _made_safe(error: Exception) -> SafeError:
    reference = keep_details(error)
    if isinstance(error, GlocalError):
        return SafeError(error.code, reference, retryable=error.retryable)
    return SafeError(type(error).__name__, reference)
