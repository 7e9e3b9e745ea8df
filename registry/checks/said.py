"""Values as the sentence of a finding takes them, also where there is none."""

from registry.dictionary.partial_date import PartialDate


def on(moment: PartialDate | None) -> str:
    """A date after the word it belongs to: `on 2015-03`, or that it has none."""
    return f"on {moment}" if moment is not None else "without a date"


def product(code: str | None) -> str:
    """The product infused, or that nobody has said which."""
    return code if code is not None else "a product not told"
