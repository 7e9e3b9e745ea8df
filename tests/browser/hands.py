"""Hands on the keyboard: what is pressed reaches a page whose scripts run, as it does at the speed of a person."""

from playwright.sync_api import Page


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
