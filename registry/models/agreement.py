"""Agreements with collaborators: who may receive which data, of which sites, until when."""

from datetime import date

from django.db import models


class Tier(models.TextChoices):
    """How much of a person leaves with an export (data dictionary 1.5)."""

    T1 = "T1", "T1 de-identified"
    T2 = "T2", "T2 limited data set"
    T3 = "T3", "T3 full, one site"


class Agreement(models.Model):
    """A data-use agreement: one tier, the sites it covers (none named: all of them), the last day it holds.

    It is never changed or deleted; `ended_at` ends it early. What is received under it is pseudonymised by its
    code, so the ids of two agreements are unrelated.
    """

    code = models.CharField(max_length=40, unique=True)
    tier = models.CharField(max_length=2, choices=Tier)
    sites = models.ManyToManyField("registry.Site", through="AgreementSite", related_name="+")
    until = models.DateField("holds until")
    terms = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "registry_agreement"
        ordering = ["code"]
        constraints = [models.CheckConstraint(condition=models.Q(tier__in=Tier.values), name="agreement_tier_known")]

    def __str__(self) -> str:
        return self.code

    def holds(self, today: date) -> bool:
        """Whether anything may be received under it that day."""
        return not self.over(today)

    def over(self, today: date) -> str:
        """Since when nothing may be received under it, in words; blank while it holds."""
        if self.ended_at is not None:
            return f"was ended on {self.ended_at:%Y-%m-%d}"
        return f"held until {self.until} and has ended" if today > self.until else ""


class AgreementSite(models.Model):
    """A site whose patients an agreement covers."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="covers")
    site = models.ForeignKey("registry.Site", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "registry_agreement_site"
        constraints = [models.UniqueConstraint(fields=["agreement", "site"], name="agreement_site_once")]

    def __str__(self) -> str:
        return f"agreement {self.agreement_id} at site {self.site_id}"
