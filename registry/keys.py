"""The keys of the desk, as one table: for the page that lists them, and for the documentation.

`python -m registry.keys > docs/user/keyboard.md` writes it anew.
They are bound in static/keys.js, entry.js, no-value.js, grid.js and triage.js.
"""

#: (heading, ((keys, what they do), ...)).
GROUPS = (
    ("Everywhere", (
        (("/",), "find a patient"),
        (("?",), "this page"),
        (("g", "h"), "home"),
        (("g", "p"), "patients"),
        (("g", "q"), "queries"),
        (("g", "d"), "data quality"),
        (("n",), "to what can be added on this page"),
    )),
    ("In a form", (
        (("Ctrl", "S"), "save"),
        (("Ctrl", "Enter"), "save and open what is due next"),
        (("?",), "in an empty box: why there is no value (U not known, N not done, A does not apply, P expected)"),
        (("Alt", "M"), "the same in any box"),
        (("Alt", "H"), "history of the record"),
        (("Alt", "Q"), "raise a query about the field"),
    )),
    ("In a table of rows", (
        (("Tab",), "next box"),
        (("Enter",), "the box below"),
        (("Ctrl", "V"), "paste cells from a spreadsheet"),
        (("Ctrl", "S"), "save all rows"),
    )),
    ("In the inbox of queries", (
        (("j",), "next query"),
        (("k",), "previous query"),
        (("r",), "reply"),
        (("c",), "to closing"),
    )),
)  # fmt: skip
HEAD = """# Keyboard

Generated from `registry/keys.py`; do not edit. Everything can be done without a mouse: Tab goes on, Enter opens and
sends, Space ticks and unfolds, Esc closes. Single keys work outside boxes; the page of keys (`?`) switches them off.
"""


def document() -> str:
    """The table as a page of the documentation."""
    parts = [HEAD]
    for heading, keys in GROUPS:
        rows = [f"| {' '.join(f'`{key}`' for key in combo)} | {words} |" for combo, words in keys]
        parts.append("\n".join([f"## {heading}", "", "| Keys | What they do |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    print(document(), end="")
