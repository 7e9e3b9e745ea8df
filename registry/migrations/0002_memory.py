"""The memory: append-only guards, the chain, and capture of every clinical table."""

from django.db import migrations

from registry.memory import install, track


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        install(),
        track(
            "Site", "CARTProduct", "Protocol", "Patient", "SubjectIdentity", "CareSite", "Membership", "Consent",
            "Enrollment", "Diagnosis", "CARTInfusion", "HSCT", "Relapse", "SalvageTherapy", "ResponseAssessment",
            "FollowUp", "Death",
        ),
    ]  # fmt: skip
