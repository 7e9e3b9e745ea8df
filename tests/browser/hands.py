"""Hands on the keyboard: what is pressed reaches a page whose scripts run, as it does at the speed of a person."""

from django.utils import timezone
from playwright.sync_api import Page, expect

from registry import drafts
from registry.models import FormDraft, User
from tests.registry.people import PASSWORD


def press(page: Page, *keys: str) -> None:
    """Press keys that stay on the page, once its scripts run."""
    page.wait_for_load_state("load")
    for key in keys:
        page.keyboard.press(key)


def press_to_go(page: Page, *keys: str) -> None:
    """Press keys, the last of which leads to another page, and wait until the scripts of that page run."""
    page.wait_for_load_state("load")
    for key in keys[:-1]:
        page.keyboard.press(key)
    with page.expect_event("load"):
        page.keyboard.press(keys[-1])


def sign_in(page: Page, address: str, name: str = "anna") -> None:
    """Open an address as this person, who signs in on the way, whoever was signed in before."""
    page.context.clear_cookies()
    page.goto(address)
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_event("load"):
        page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(address)


def sign_in_by_key(page: Page, server: str, name: str = "anna") -> None:
    """Sign in without a mouse, from the first page to Home."""
    page.goto(f"{server}/")
    expect(page.get_by_label("User name")).to_be_focused()  # given a moment after the page has loaded
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    press_to_go(page, "Enter")
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()


def answer(page: Page, **answers: str) -> None:
    """Fill boxes and choose options by the names the dictionary gives them."""
    for name, text in answers.items():
        box = page.locator(f"#id_{name}")
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(text)
        else:
            box.fill(text)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def paste(page: Page, text: str) -> None:
    """Paste cells as a spreadsheet copies them, where the focus is."""
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const told = {clipboardData: data, bubbles: true, cancelable: true};
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
        }""",
        text,
    )


def wait_until_kept(page: Page, box: str) -> None:
    """Wait until what was typed into a box is kept: the page that was left sends it on its own time."""
    for _ in range(100):
        for writer, place in FormDraft.objects.values_list("user__username", "place"):
            found = drafts.kept_at(User.objects.get(username=writer), place, now=timezone.now())
            if any(box in kept.texts for kept in found):
                return
        page.wait_for_timeout(100)
    raise AssertionError(f"{box} was not kept within ten seconds")
