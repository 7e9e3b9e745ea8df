"""Two snapshots side by side: what differs, and why."""

from analytics.comparison.compare import Cause, Comparison, Difference, compare, compared

__all__ = ["Cause", "Comparison", "Difference", "compare", "compared"]
