"""The registry as a Django application."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class RegistryConfig(AppConfig):
    """Clinical records, their guard and their memory."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from registry.memory import prepare_connection

        connection_created.connect(prepare_connection, dispatch_uid="registry.memory")
