"""Plain http on the loopback: demo, development and a small site's first steps. Never for real patients."""

from config.settings.base import *  # noqa: F403 - a settings module is its names
