"""The embedded broker: message files that appear whole or not at all.

kombu's file transport opens a message under its final name and writes afterwards; a worker that looks in between
reads half a message, and ends. Here a file is written under a draft's name and renamed.
"""

import os
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "embedded"
TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"


class Channel(filesystem.Channel):
    """kombu's channel of files, with every file complete from the moment it can be seen."""

    def _put(self, queue: str, payload: dict[str, Any], **_: Any) -> None:
        """A message; its name sorts by time and ends in the queue's, as the reader expects."""
        place = Path(self.data_folder_out, f"{round(monotonic() * 1000)}_{uuid4()}.{queue}.msg")
        _draft(place, dumps(payload)).replace(place)

    def _queue_bind(self, exchange: str, *rest: str) -> None:
        """The table of an exchange exists, empty, before anybody writes into it under kombu's lock."""
        table = self._exchange_file(exchange)
        if not table.exists():
            draft = _draft(table, "[]")
            try:
                os.link(draft, table)
            except FileExistsError:
                pass  # somebody else was quicker
            finally:
                draft.unlink()
        super()._queue_bind(exchange, *rest)


def _draft(place: Path, text: str) -> Path:
    """The text in a file beside its place, under a name that no reader of messages or tables looks for."""
    draft = place.with_name(f"{place.name}.{uuid4()}.draft")
    draft.write_text(text, encoding="utf-8")
    return draft


class Transport(filesystem.Transport):
    """Chosen by addresses that begin with `embedded://`."""

    Channel = Channel
