"""Tables to one row per unit, as known on a date: Ibis expressions that name no engine."""

from cxresearch.features.cohorts import cohorts
from cxresearch.features.contract_spells import contract_cohorts, contract_spells
from cxresearch.features.purchase_gaps import purchase_gaps
from cxresearch.features.rfm import purchase_days, rfm, weekly_purchases
from cxresearch.features.second_purchase import second_purchase

__all__ = [
    "cohorts",
    "contract_cohorts",
    "contract_spells",
    "purchase_days",
    "purchase_gaps",
    "rfm",
    "second_purchase",
    "weekly_purchases",
]
