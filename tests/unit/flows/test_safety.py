"""What leaves a task or a flow as an error."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from uuid import UUID

import pytest

from flows.safety import SafeError, guarded
from pipeline.errors import StoreUnavailable, UnknownBrand


def failing(error: BaseException) -> Callable[[], None]:
    @guarded
    def fail() -> None:
        raise error

    return fail


def test_a_value_passes() -> None:
    assert 4 == guarded(lambda number: number * 2)(2)


def test_an_error_becomes_its_code_and_a_reference() -> None:
    """Nothing of its message is left, neither in the text nor in the traceback."""
    words = "secret" + " words"  # in two parts, so that the line of code in the traceback is no hit

    with pytest.raises(SafeError) as caught:
        failing(UnknownBrand(words))()

    assert f"UnknownBrand ({caught.value.reference})" == str(caught.value)
    assert words not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(("error", "retryable"), [(StoreUnavailable("gone"), True), (ValueError("no"), False)])
def test_an_error_stays_as_retryable_as_it_was(error: Exception, retryable: bool) -> None:
    with pytest.raises(SafeError) as caught:
        failing(error)()

    assert retryable == caught.value.retryable


def test_a_safe_error_passes_as_it_is() -> None:
    """A task's error keeps its reference on its way through the flow."""
    safe = SafeError("StoreUnavailable", "abc", retryable=True)

    with pytest.raises(SafeError) as caught:
        failing(safe)()

    assert safe is caught.value


@pytest.mark.parametrize("signal", [KeyboardInterrupt(), SystemExit(2)])
def test_what_ends_the_process_passes(signal: BaseException) -> None:
    """So do Prefect's own signals, which are no `Exception` either."""
    with pytest.raises(type(signal)):
        failing(signal)()


def test_types_of_parameters_can_be_read_from_the_signature() -> None:
    """Prefect checks a flow's parameters by them."""

    @guarded
    def take(campaign_id: UUID) -> None: ...

    assert UUID is inspect.signature(take).parameters["campaign_id"].annotation
