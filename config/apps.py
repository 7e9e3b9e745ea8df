"""Which administration the project has."""

from django.contrib.admin.apps import AdminConfig


class RegistryAdminConfig(AdminConfig):
    """Django's admin with the registry's door."""

    default_site = "registry.admin_site.RegistryAdminSite"
