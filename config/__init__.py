"""Wiring only: settings, addresses, jobs. Importing the job application here makes shared tasks find it."""

from config.celery import app as celery_app

__all__ = ("celery_app",)
