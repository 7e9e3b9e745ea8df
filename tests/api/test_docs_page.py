"""The API's page in a real browser: it renders under the content policy and asks nobody else for anything."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_renders_under_the_content_policy(page: Any, live_server: Any) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type != "log" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{live_server.url}/api/v1/docs/")
    page.locator("#operations-tag-Patients").click(timeout=20_000)
    page.locator("#operations-Patients-patients_list").first.click()
    page.get_by_text("Rows of one patient, by registry id.").first.wait_for(timeout=10_000)

    assert said == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
