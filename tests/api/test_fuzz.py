"""Generated requests (T07): every address of the document with hostile values; no 5xx, no odd shape."""

import random
from typing import Any

import pytest
from django.test import Client
from rest_framework.throttling import UserRateThrottle

from api.schema import document
from tests.api.world import World

pytestmark = pytest.mark.django_db

PIECES = (
    "", "0", "1", "-1", "BOS", "C19-OWN-1", "TISA_CEL", "COMPLETE", "true", "2026-03-01", "\x00", "%", "'",
    '"', "é", "\u202e", "\ufeff", "😀", "..", ";", "&", "=", "9" * 20, "a" * 300, "T", ":", "Z", "+", " ",
    "\n", "__gt", "cj0xJnA9MQ==",
)  # fmt: skip


def _word(dice: random.Random) -> str:
    return "".join(dice.choice(PIECES) for _ in range(dice.randint(0, 3)))


def _request(dice: random.Random) -> tuple[str, str, dict[str, str]]:
    """Method, address and parameters of one request."""
    path, methods = dice.choice(list(document()["paths"].items()))
    for parameter in methods["get"].get("parameters", ()):
        if parameter["in"] == "path":
            word = _word(dice).replace("/", "").replace("?", "").replace("#", "") or "1"
            path = path.replace(f"{{{parameter['name']}}}", word.replace("%", "%25").replace("\n", "%0A"))
    names = [each["name"] for each in methods["get"].get("parameters", ()) if each["in"] == "query"]
    query = {dice.choice([*names, _word(dice)]): _word(dice) for _ in range(dice.randint(0, 3))}
    return dice.choice(("get", "get", "get", "get", "head", "post", "put", "delete")), path, query


def _judge(method: str, response: Any) -> None:
    assert response.status_code in (200, 301, 400, 404, 405), response.content[:300]
    if method in ("post", "put", "delete"):
        assert response.status_code in (404, 405)
    if response.status_code >= 400 and method != "head":
        assert list(response.json()) == ["code", "message", "fields"]


def _campaign(client: Client, cases: int) -> None:
    for seed in range(cases):
        method, path, query = _request(random.Random(seed))
        if method == "get":
            response = client.get(path, query)
        else:
            response = getattr(client, method)(path, QUERY_STRING="")
        try:
            _judge(method, response)
        except AssertionError as fault:
            raise AssertionError(f"seed {seed}: {method} {path!r} {query!r}: {fault}") from None


@pytest.fixture
def unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": None})


def test_150_generated_requests(statistician: Client, world: World, unthrottled: None) -> None:
    _campaign(statistician, 150)


@pytest.mark.proof
@pytest.mark.both_databases
def test_20000_generated_requests(statistician: Client, world: World, unthrottled: None) -> None:
    _campaign(statistician, 20_000)
