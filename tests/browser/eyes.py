"""Looks at a page as its readers do: axe in both color schemes, at 360 px, in print; hears the console."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

SHOTS = Path(__file__).parent / "shots"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
#: The browser tells of every answer from 400 on; a refused form is meant to be one.
EXPECTED = "Failed to load resource: the server responded with a status of 4"
#: What axe itself does that the policy of the administration rightly blocks: reading imported style sheets.
AXE_ITSELF = ("Applying inline style", "preload assets")


class Eyes:
    """Watches one page object; `faults` is empty while everything is as it should be."""

    def __init__(self, page: Page) -> None:
        self.page, self.axe, self.faults, self.seen = page, Axe(), [], []
        self.axe_runs = False
        SHOTS.mkdir(exist_ok=True)
        page.set_viewport_size(WIDE)
        page.set_default_timeout(10_000)
        page.emulate_media(reduced_motion="reduce")  # a color in transition has no contrast to measure
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        by_axe = self.axe_runs and any(words in message.text for words in AXE_ITSELF)
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED) and not by_axe:
            self.faults.append(f"console: {message.text}")

    def look(self, name: str) -> None:
        """Check the page as it stands, and keep pictures of it."""
        self.check(name, shots=True)

    def check(self, name: str, *, shots: bool = False) -> None:
        """No fault by axe in either color scheme, nothing beyond the edge of a phone; with `shots`, pictures."""
        self.seen.append(name)
        self.page.wait_for_load_state("load")
        self.page.locator("h1").first.wait_for()  # a page on its way is not what its reader sees
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.axe_runs = True
            found = self.axe.run(self.page)
            self.page.evaluate("0")  # what axe made the console say has been heard
            self.axe_runs = False
            if found.violations_count:
                self.faults.append(f"axe, {name}, {scheme}: {found.generate_report()}")
            if shots:
                self._shoot(f"{name}-{scheme}")
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(PHONE)
        beyond = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            self.faults.append(f"{name}: scrolls sideways by {beyond} px at 360 px")
        if shots:
            self._shoot(f"{name}-360")
        self.page.set_viewport_size(WIDE)

    def look_at_print(self, name: str) -> None:
        """A picture of the page as paper."""
        self.page.emulate_media(media="print", color_scheme="light")
        self._shoot(f"{name}-print")
        self.page.emulate_media(media="screen")

    def _shoot(self, name: str) -> None:
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
