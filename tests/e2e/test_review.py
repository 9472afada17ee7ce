"""What people do at the desk, in a real browser, on a real server and record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.cli import main

pytestmark = [pytest.mark.browser, pytest.mark.models]

EDITED = "Carga menos plástico. Agua bien fría todo el día."


def test_the_export_holds_exactly_what_was_approved(
    workspace: Path, open_page: Callable[..., Page], violations: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Three approvals by clicking, one of them an edit, one a rejection beside them: three texts leave."""
    page = open_page()
    page.get_by_role("link", name="Weniger Plastik im Gepäck").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("German (Germany)")
    page.get_by_label("Your name").fill("Maria Keller")
    approved = [page.locator("#text").input_value()]
    page.get_by_role("button", name="Approve", exact=True).click()

    # The desk goes on to the next draft by itself, and remembers the name.
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    expect(page.get_by_label("Your name")).to_have_value("Maria Keller")
    approved.append(page.locator("#text").input_value())
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("French (France)")
    page.get_by_label("Reason").fill("not how we speak")
    page.get_by_role("button", name="Reject").click()

    page.goto("/?locale=es-MX")
    page.get_by_role("link", name="Carga menos plástico").click()
    page.locator("#text").fill(EDITED)
    page.get_by_role("button", name="Save edit and approve").click()
    expect(page.get_by_role("status")).to_contain_text("Your text was saved and approved.")
    approved.append(EDITED)

    command = ["--workspace", str(workspace), "export", "--campaign", "spring-refill", "--format", "jsonl"]
    assert main.run([*command, "--output", str(workspace / "out")]) == 0, capsys.readouterr().err
    lines = (workspace / "out" / "spring-refill.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(approved) == sorted(json.loads(line)["text"] for line in lines)
    assert [] == violations


def test_two_people_decide_at_once(open_page: Callable[..., Page], violations: list[str]) -> None:
    """One wins; the other sees who, what and why, and keeps the text and the reason."""
    anna, ben = open_page(), open_page()
    for person in (anna, ben):
        person.get_by_role("link", name="Heute wird es heiß").click()
    anna.get_by_label("Your name").fill("Anna")
    anna.locator("#text").fill("Heute wird es warm. Füll deine Flasche nach.")
    anna.get_by_role("button", name="Save edit and approve").click()
    expect(anna.get_by_role("status")).to_contain_text("saved and approved")

    ben.get_by_label("Your name").fill("Ben")
    ben.get_by_label("Reason").fill("kürzer")
    ben.locator("#text").fill("Heute wird es heiß. Füll sie nach.")
    ben.get_by_role("button", name="Save edit and approve").click()

    told = ben.get_by_role("alert")
    expect(told).to_contain_text("Anna edited the text and approved it")
    expect(told.locator("mark")).to_contain_text(["warm", "deine Flasche"])
    expect(ben.locator("#text")).to_have_value("Heute wird es heiß. Füll sie nach.")
    expect(ben.get_by_label("Reason")).to_have_value("kürzer")
    expect(ben.get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert [] == violations


def test_arabic_reads_from_the_right(open_page: Callable[..., Page], violations: list[str]) -> None:
    """In the queue, on the page and in the field to edit; the desk's own words stay as they are."""
    page = open_page()
    page.get_by_role("link", name="Arabic").click()
    row = page.locator("td.draft a.copy").first
    assert "rtl" == row.evaluate("element => getComputedStyle(element).direction")
    row.click()
    page.wait_for_url("**/drafts/**")

    directions = {
        name: page.locator(name).evaluate("element => getComputedStyle(element).direction")
        for name in (".copy.draft", "#text", ".copy.source", "#reviewer", "body")
    }
    assert {
        ".copy.draft": "rtl",
        "#text": "rtl",
        ".copy.source": "ltr",
        "#reviewer": "ltr",
        "body": "ltr",
    } == directions
    # The text begins at the right edge of its box.
    box = page.locator(".copy.draft").bounding_box()
    first_letter = page.locator(".copy.draft").evaluate(
        "element => { const range = document.createRange(); range.setStart(element.firstChild, 0);"
        " range.setEnd(element.firstChild, 1); return range.getBoundingClientRect().right; }"
    )
    assert box is not None
    assert abs(box["x"] + box["width"] - first_letter) < 2
    assert [] == violations


def test_a_draft_is_approved_with_the_keyboard_alone(open_page: Callable[..., Page], violations: list[str]) -> None:
    """By tabbing to what can be done; the Enter key in the name's line decides nothing."""
    page = open_page()
    _tab_to(page, "Weniger Plastik im Gepäck")
    page.keyboard.press("Enter")
    page.wait_for_url("**/drafts/**")
    page.get_by_label("Your name").wait_for()
    _tab_to(page, "reviewer")
    page.keyboard.type("Maria Keller")
    address = page.url
    page.keyboard.press("Enter")
    assert address == page.url
    expect(page.get_by_role("status")).to_have_count(0)

    _tab_to(page, "approve")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Approved.")
    assert outline == "solid"
    assert [] == violations


def _tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the focus is on the element with that text, name or value."""
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const e = document.activeElement; return [e.innerText, e.name, e.value].join('|'); }"
        )
        if wanted in re.split(r"[|.]", told):
            return
    pytest.fail(f"the Tab key does not lead to {wanted!r}")


def test_control_and_enter_save_an_edit(open_page: Callable[..., Page], violations: list[str]) -> None:
    """What Ctrl+Enter does follows from the text: an edit where it was changed."""
    page = open_page()
    page.get_by_role("link", name="Weniger Plastik im Gepäck").click()
    page.get_by_label("Your name").fill("Maria Keller")
    page.get_by_role("link", name="Use this").first.click()
    expect(page.locator("#text")).to_have_value("Kaltes Wasser den ganzen Tag. Das Plastik bleibt zu Hause.")
    expect(page.locator("#count")).to_contain_text("58 of 80 characters. Changed")
    expect(page.get_by_label("Your name")).to_have_value("Maria Keller")
    page.locator("#text").press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("Your text was saved and approved.")
    assert [] == violations


def test_the_desk_works_without_scripts(open_page: Callable[..., Page], violations: list[str]) -> None:
    """Another candidate, an edit of it, and an approval."""
    page = open_page(java_script_enabled=False)
    page.get_by_role("link", name="Carga menos plástico").click()
    page.get_by_role("link", name="Use this").first.click()
    expect(page.locator("#text")).to_have_value("Menos plástico en tu mochila. Agua fría a toda hora.")
    page.get_by_label("Your name").fill("Maria Keller")
    page.get_by_role("button", name="Save edit and approve").click()
    expect(page.get_by_role("status")).to_contain_text("Your text was saved and approved.")
    assert [] == violations


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(open_page: Callable[..., Page], scheme: str) -> None:
    """Contrast of at least 4.5 (WCAG AA) on both pages, by light and by dark; nothing scrolls sideways on a phone."""
    page = open_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
    queue = page.url
    page.locator("a.copy").first.click()
    page.wait_for_url("**/drafts/**")
    for address in (page.url, queue):
        page.goto(address)
        for details in page.locator("details").all():
            details.evaluate("element => element.open = true")
        assert [] == page.evaluate(_FAINT)
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


_FAINT = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const linear = (part) => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const ground = (element) => {
    for (let here = element; here; here = here.parentElement) {
      const colour = parse(getComputedStyle(here).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility()) continue;
    const [one, two] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (contrast < 4.5) faint.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
