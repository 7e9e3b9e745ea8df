"""The date box in a real browser understands what the server understands: one table for both."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
ROWS = json.loads((ROOT / "tests" / "data" / "dates.json").read_text())["rows"]
FORM = '<form data-entry data-order="{}"><input id="d" data-date="DMY"><p id="d_echo"></p></form>'

pytestmark = pytest.mark.browser


def test_the_box_reads_and_refuses_what_the_server_does(page: Page):
    script = (ROOT / "static" / "date-box.js").read_text()
    told = {}
    for typed, order, _meant in ROWS:
        page.set_content(FORM.format(order))
        page.add_script_tag(content=script)
        page.fill("#d", typed)
        page.locator("#d").blur()
        refused = "echo-bad" in (page.get_attribute("#d_echo", "class") or "")
        told[typed, order] = None if refused else page.input_value("#d")

    assert told == {(typed, order): meant for typed, order, meant in ROWS}
