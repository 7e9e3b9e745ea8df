"""Import of whole bundles: read, parse, resolve, check in memory, write in one transaction.

The only bulk writer of the registry: every row passes the same rings as a form before one transaction takes them all,
remembered by the same triggers. Promise to users: the import contract (docs/import.md).
"""

from registry.importing.report import Fault, Report
from registry.importing.run import import_source

__all__ = ["Fault", "Report", "import_source"]
