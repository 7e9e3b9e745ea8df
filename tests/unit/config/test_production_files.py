"""docs/production/: the files of the guide are taken by the programs they are for, where these can be asked."""

import os
import re
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from config.refusals import environment_refusals

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docs" / "production"
SERVICES = sorted(FOLDER.glob("*.service"))


def environment(instance: Path) -> dict[str, str]:
    """What registry.env sets, with secrets made as it says and a folder of this machine."""
    lines = (FOLDER / "registry.env").read_text(encoding="utf-8").splitlines()
    told = dict(shlex.split(line)[0].split("=", 1) for line in lines if line and not line.startswith("#"))
    instance.mkdir(mode=0o700)
    made = {name: secrets.token_urlsafe(50) for name in ("SECRET_KEY", "FIELD_KEY")}
    return told | made | {"INSTANCE_DIR": str(instance)}


def command(service: Path) -> list[str]:
    found = re.search(r"^ExecStart=(.+)$", service.read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    python, *rest = shlex.split(found[1])
    assert python == "/srv/cart19/app/.venv/bin/python"
    return [sys.executable, *rest]


def test_production_starts_with_the_environment_of_the_guide_and_not_without_its_secrets(tmp_path):
    told = environment(tmp_path / "instance")
    assert environment_refusals(told) == []
    assert environment_refusals(told | {"FIELD_KEY": ""})


def test_every_service_reads_the_same_environment_and_writes_to_the_instance_only():
    assert [service.stem for service in SERVICES] == ["cart19-scheduler", "cart19-web", "cart19-worker"]
    for service in SERVICES:
        text = service.read_text(encoding="utf-8")
        for line in ("EnvironmentFile=/etc/cart19/registry.env", "User=cart19", "UMask=0077", "ProtectSystem=strict",
                     "ReadWritePaths=/srv/cart19/instance", "WorkingDirectory=/srv/cart19/app"):  # fmt: skip
            assert line in text, (service.name, line)


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.stem)
def test_the_command_of_a_service_is_understood(service, tmp_path):
    asked = command(service)
    asked.append("--check-config" if "gunicorn" in asked else "--help")
    environ = {"PATH": os.environ["PATH"], **environment(tmp_path / "instance")}
    ended = subprocess.run(asked, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_proxy_and_the_web_service_agree_on_the_address():
    proxy = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    bound = re.search(r"--bind (\S+)", (FOLDER / "cart19-web.service").read_text(encoding="utf-8"))
    assert bound
    assert f"proxy_pass http://{bound[1]};" in proxy
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in proxy
