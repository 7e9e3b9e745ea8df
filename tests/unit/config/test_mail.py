"""Mail settings from the environment: the console by default, faults in one sentence without the password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import mail_settings, site_url


def test_nothing_leaves_the_machine_by_default():
    assert mail_settings({})["EMAIL_BACKEND"].endswith("console.EmailBackend")


def test_a_server_is_read_from_one_variable():
    told = mail_settings({"EMAIL_URL": "smtp://me%40x:p%3Aw@mail.example.org", "EMAIL_FROM": "R <r@example.org>"})

    assert told["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (told["EMAIL_HOST"], told["EMAIL_PORT"], told["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)
    assert (told["EMAIL_HOST_USER"], told["EMAIL_HOST_PASSWORD"]) == ("me@x", "p:w")
    assert told["DEFAULT_FROM_EMAIL"] == "R <r@example.org>"


@pytest.mark.parametrize(("query", "port"), [("?tls=ssl", 465), ("?tls=none", 25), ("?tls=starttls", 587)])
def test_ways_to_encrypt(query: str, port: int):
    assert mail_settings({"EMAIL_URL": f"smtp://host{query}"})["EMAIL_PORT"] == port


@pytest.mark.parametrize("url", ["http://host", "smtp://", "smtp://u:hidden@host?tls=maybe", "smtp://u:hidden@host:x"])
def test_a_bad_server_is_refused_without_its_password(url: str):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL") as fault:
        mail_settings({"EMAIL_URL": url})

    assert "hidden" not in str(fault.value)


def test_the_address_of_the_site():
    assert site_url({}) == "http://127.0.0.1:8000"
    assert site_url({"SITE_URL": "https://registry.example.org/"}) == "https://registry.example.org"


@pytest.mark.parametrize("url", ["registry.example.org", "ftp://x", "https://u:p@x", "https://x?y=1"])
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
        site_url({"SITE_URL": url})
