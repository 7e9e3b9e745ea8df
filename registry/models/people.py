"""People, their memberships and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from registry.access import ROLES


class User(AbstractUser):
    """A person with an account. What they may do follows from memberships alone; Django's own groups are unused."""

    must_change_password = models.BooleanField(default=False)

    class Meta:
        db_table = "registry_user"

    def __str__(self) -> str:
        return self.username


class Membership(models.Model):
    """A role a person holds at one site, or at all sites."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=24, choices=[(role.key, role.label) for role in ROLES.values()])
    site = models.ForeignKey("registry.Site", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    all_sites = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "site"], name="membership_once_per_site"),
            models.CheckConstraint(
                condition=models.Q(all_sites=False) | models.Q(site__isnull=True), name="membership_one_site_or_all"
            ),
        ]

    def __str__(self) -> str:
        place = "all sites" if self.all_sites or self.site_id is None else f"site {self.site_id}"
        return f"{self.role} at {place}"


class ApiToken(models.Model):
    """A bearer token: shown once, kept as the SHA-256 of its secret, always with an end (RELIABILITY AUT-07).

    With an agreement it reads what was exported under that agreement, and nothing else.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    agreement = models.ForeignKey(
        "registry.Agreement", null=True, blank=True, on_delete=models.PROTECT, related_name="tokens"
    )
    prefix = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"token {self.prefix} of {self.user_id}"
