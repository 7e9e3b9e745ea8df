"""How long does a snapshot of ten thousand patients take? Each plan once, as an operator would take it.

Every step is a command in a process of its own; seconds are those of the whole process.
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.ground import Figure, environment, measured, say

PLANS = ("post_cart_relapse", "post_infusion", "post_transplant")
SECONDS, MEGABYTES = 10, 800


def benchmark(database: str, instance: Path) -> Iterator[Figure]:
    """Figures of snapshots of a registry that is filled already."""
    environ = environment(DATABASE_URL=database, INSTANCE_DIR=str(instance))
    taken = []
    for plan in PLANS:
        say(f"take_snapshot {plan}")
        step = measured(environ, "manage.py", "take_snapshot", plan)
        taken.append(step)
        yield Figure(what=f"take_snapshot {plan}", value=step.seconds, unit="s", at_most=SECONDS)
        yield Figure(what=f"take_snapshot {plan}, processor", value=step.processor, unit="s")
    yield Figure(what="largest snapshot process", value=max(s.megabytes for s in taken), unit="MB", at_most=MEGABYTES)
    say("the same again, and verify_snapshot")
    again = measured(environ, "manage.py", "take_snapshot", PLANS[0])
    yield Figure(what="the same snapshot again (nothing changed)", value=again.seconds, unit="s")
    verified = measured(environ, "manage.py", "verify_snapshot", "1")
    yield Figure(what="verify_snapshot", value=verified.seconds, unit="s")
