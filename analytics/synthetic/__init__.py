"""Wholly synthetic cohorts: the founding demonstration and larger ones for benchmarks.

The patients are invented. They show that the code computes what the published text reports and are no
evidence about patients. See README.md in this folder.
"""

from analytics.synthetic.bundle import cohort_bundle, founding_bundle, write_bundle
from analytics.synthetic.chart import NOTICE
from analytics.synthetic.course import CUTOFF

__all__ = ["CUTOFF", "NOTICE", "cohort_bundle", "founding_bundle", "write_bundle"]
