"""Only this machine's own pages reach the desk, and no form is too large."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from pipeline.domain.draft import DraftStatus
from pipeline.review.guards import MAX_BODY, SECURITY_HEADERS, Guarded, allowed_hosts
from pipeline.store.rows import DraftSheet


@pytest.mark.parametrize("host", ["127.0.0.1:8710", "localhost:8710", "[::1]:8710"])
def test_the_desk_answers_under_every_name_of_this_machine(reviewer: Any, host: str) -> None:
    """With its port."""
    assert 200 == reviewer.client.get("/", headers={"Host": host}).status_code


@pytest.mark.parametrize(
    "host", ["evil.example:8710", "evil.example", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8710.evil.example", ""]
)
def test_another_name_is_refused(reviewer: Any, host: str) -> None:
    """A name that an attacker lets resolve to 127.0.0.1 (DNS rebinding) gets nothing to read."""
    answer = reviewer.client.get("/", headers={"Host": host})

    assert 421 == answer.status_code
    assert "Queue" not in answer.text


def test_a_browser_leaves_out_the_port_of_http() -> None:
    """On port 80 the bare name is the desk's own."""
    assert {"localhost", "localhost:80"} <= allowed_hosts(80)
    assert "localhost" not in allowed_hosts(8710)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8710"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8710"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    ],
)
def test_a_form_of_another_site_is_refused_and_nothing_of_it_is_repeated(
    reviewer: Any, seed: Any, sheet_of: Callable[[str], DraftSheet], headers: dict[str, str]
) -> None:
    """Even with a valid token: the browser says where the form came from."""
    draft = seed.draft()
    page = reviewer.get(f"/drafts/{draft}")
    from_elsewhere = {"action": "approve", "version": "1", "reviewer": "Mallory", "text": "planted"}
    token = page.text.split('name="token" value="')[1].split('"')[0]
    answer = reviewer.client.post(
        f"/drafts/{draft}/decision", data=from_elsewhere | {"token": token}, headers=headers, follow_redirects=False
    )

    assert 403 == answer.status_code
    assert "planted" not in answer.text
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status


@pytest.mark.parametrize("headers", [{"Origin": "http://127.0.0.1:8710"}, {"Sec-Fetch-Site": "same-origin"}])
def test_one_of_the_two_headers_is_enough(reviewer: Any, seed: Any, headers: dict[str, str]) -> None:
    """Browsers differ in what they send; none sends neither."""
    draft = seed.draft()
    answer = reviewer.client.post(
        f"/drafts/{draft}/decision", data={"action": "approve", "version": "1"}, headers=headers
    )

    assert "from before the desk was started again" in answer.text


def test_a_form_that_is_too_large_is_refused(reviewer: Any, seed: Any, sheet_of: Callable[[str], DraftSheet]) -> None:
    """Before it is parsed, whatever length it declares."""
    draft = seed.draft()
    for text in ("x" * MAX_BODY, "x" * 5 * MAX_BODY):
        assert 413 == reviewer.post(draft, "edit", text=text).status_code
    assert DraftStatus.IN_REVIEW is sheet_of(draft).status


def test_a_form_that_breaks_off_is_not_decided_on() -> None:
    """Half a text must never be approved: the application does not even see it."""
    seen: list[Scope] = []
    sent: list[Message] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope)

    messages: list[Message] = [
        {"type": "http.request", "body": b"action=approve&text=half", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(b"host", b"127.0.0.1:8710"), (b"sec-fetch-site", b"same-origin")],
    }
    asyncio.run(Guarded(application, 8710)(scope, receive, send))

    assert ([], 413) == (seen, sent[0]["status"])


def test_what_is_no_request_passes_through(reviewer: Any) -> None:
    """A server's start and stop messages concern nobody outside."""
    with reviewer.client as running:
        assert 200 == running.get("/healthz").status_code


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/"),
        ("GET", "/healthz"),
        ("GET", "/static/desk.css"),
        ("GET", "/static/nothing"),
        ("GET", "/nothing"),
        ("GET", "/?status=nonsense"),
        ("GET", "/drafts/nothing"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("POST", "/"),
        ("DELETE", "/drafts/x"),
        ("OPTIONS", "/"),
    ],
)
def test_every_answer_carries_the_security_headers(reviewer: Any, method: str, address: str) -> None:
    """Errors and refusals included."""
    answer = reviewer.client.request(method, address)

    assert SECURITY_HEADERS == {name: answer.headers[name] for name in SECURITY_HEADERS}
    assert "no-store" == answer.headers["Cache-Control"]


def test_no_page_needs_more_than_the_policy_allows(reviewer: Any, seed: Any) -> None:
    """No inline script, style or handler; nothing from elsewhere."""
    draft = seed.draft(others=("Anders.",))
    for address in ("/", f"/drafts/{draft}", "/nothing"):
        page = reviewer.get(address).text
        assert "<style" not in page
        assert " style=" not in page
        assert " on" not in page.replace(" on the", "").replace(" one", "").split("<body>")[0]
        assert "http:" not in page
        assert "https:" not in page


@pytest.mark.parametrize("address", ["/openapi.json", "/docs", "/redoc"])
def test_there_is_no_description_of_the_interface(reviewer: Any, address: str) -> None:
    """The desk is for people."""
    assert 404 == reviewer.get(address).status_code
