"""Every address of the exports with who may open it; `{export}` is one of an agreement that covers the own site."""

from tests.registry.doors import Door

EXPORTERS = ("data_manager", "statistician")

EXPORTS = {
    "exports": Door("/exports/", (*EXPORTERS, "collaborator")),
    "export": Door("/exports/{export}/", EXPORTERS, hides=("collaborator",)),
    "export-release": Door("/exports/{export}/release", EXPORTERS, 405, hides=("collaborator",)),
    "export-zip": Door("/exports/{export}/all.zip", EXPORTERS, hides=("collaborator",)),
    "export-file": Door("/exports/{export}/files/tables/relapse.csv", EXPORTERS, hides=("collaborator",)),
}
