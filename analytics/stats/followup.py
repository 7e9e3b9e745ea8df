"""How long were the patients followed? Reverse Kaplan-Meier."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analytics.stats import checks
from analytics.stats.curves import kaplan_meier
from analytics.stats.stepcurve import SurvivalCurve


def reverse_kaplan_meier(
    days: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_type: str = "log-log",
    level: float = 0.95,
) -> SurvivalCurve:
    """Follow-up as it would have been had nobody had the event; its median is the median follow-up.

    Arguments as `kaplan_meier`. The event flag is flipped (a last contact is the "event", a death is
    censored) and the same function is used, with the same order at ties. Schemper & Smith, Control Clin
    Trials 1996;17:343-6.
    """
    length = np.shape(days)[0] if np.ndim(days) else 0
    flag = checks.states(event, length=length, highest=1, name="event")
    return kaplan_meier(days, 1 - flag, entry=entry, conf_type=conf_type, level=level)
