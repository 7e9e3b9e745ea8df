"""Fixtures of the API's tests."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from tests.api.world import PEOPLE, World, build, client_of, person


@pytest.fixture
def world(db: None) -> World:
    cache.clear()  # the throttle's memory of earlier tests
    return build()


@pytest.fixture
def reader(world: World) -> Callable[[str], Client]:
    """A client with the token of somebody of this role, at BOS unless the role is for all sites."""

    def of(name: str) -> Client:
        role, code = PEOPLE[name]
        return client_of(person(name, role, world.sites[code] if code else None))

    return of


@pytest.fixture
def coordinator(reader: Callable[[str], Client]) -> Client:
    return reader("coordinator")


@pytest.fixture
def statistician(reader: Callable[[str], Client]) -> Client:
    return reader("statistician")
