"""Which infusions hold a CD19 product: by the target its row names, else by its code."""

from __future__ import annotations

from analytics.study.days import Flags
from analytics.study.frames import Frames
from analytics.study.milestones.case import codes

CD19_PRODUCTS = (  # read where a product has no row, or none that names its target (DATA_DICTIONARY 3.3)
    "CTL019",
    "TISA",
    "HUCART19",
    "BREXU",
    "OBE",
    "AXI",
    "CD19_28Z",
    "CD19_OTH",
    "CD19_22",
)


def cd19_infusions(frames: Frames) -> Flags:
    """Infusions of a product whose target includes CD19."""
    product, infused = frames["product"], frames["infusion"]["product"]
    named = product["target"].astype(str)
    stated = dict(zip(product["code"].astype(str), named, strict=True))
    matching = {code for code in infused.unique() if _targets_cd19(code, stated.get(code, ""))}
    return codes(infused, *matching)


def _targets_cd19(code: str, target: str) -> bool:
    return "CD19" in target.split(";") if target else code in CD19_PRODUCTS
