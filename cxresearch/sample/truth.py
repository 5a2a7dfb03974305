"""``truth.json``: the parameters planted, the oracle's estimands, and what this very sample came to."""

import json
from pathlib import Path

from cxresearch.sample.blocks import DEFAULT_MONTHS
from cxresearch.sample.folder import COMPANY
from cxresearch.version import __version__

STORE = Path(__file__).with_name("oracle.json")
DEPENDS_ON_AGES = ("shop.repeat", "shop.share", "shop.orders")  # of the shop's customers
DEPENDS_ON_MONTHS = (
    "contracts.",
    *DEPENDS_ON_AGES,
    "journeys.",
    "projects.cancelled",
    "projects.open",
    "projects.status",
)


def stored(null=False):
    """The oracle's estimands as kept in the package; see :func:`cxresearch.sample.oracle.oracle`."""
    return json.loads(STORE.read_text(encoding="utf-8"))["null" if null else "planted"]


def describe(truth, null, customers, window, seed, acquisition_stops, rows, tally):
    """The content of ``truth.json`` as a dictionary.

    Estimands that hold for 36 months only are left out of ``oracle`` and ``expected_totals`` otherwise, and so are those of a shop that wins
    customers to the end.
    """
    oracle = stored(null)
    left_out = (
        DEPENDS_ON_MONTHS if window.months != DEFAULT_MONTHS else DEPENDS_ON_AGES if acquisition_stops else ()
    )
    oracle = {key: entry for key, entry in oracle.items() if not key.startswith(left_out)}
    return {
        "company": COMPANY,
        "version": __version__,
        "null": null,
        "note": "No effect is planted in this company." if null else "Every effect below is planted.",
        "acquisition_stops": acquisition_stops,
        "customers": customers,
        "months": window.months,
        "seed": seed,
        "end": window.end,
        "parameters": truth.as_dict(),
        "derived": _derived(truth),
        "oracle": oracle,
        "expected_totals": _expected(truth, customers, oracle),
        "realised": {"rows": dict(rows), **_realised(tally)},
    }


def _derived(truth):
    c, p = truth.contracts, truth.projects
    return {
        "contracts.renewal_contrast": round(c.base_renewal - c.base_monthly, 6),
        "projects.has_sponsor": 2 * p.sponsor,
        "projects.per_readiness_point": {
            name: round(getattr(p, name) / p.ready_sd, 6)
            for name in ("people", "process", "technology", "imbalance")
        },
    }


def _expected(truth, customers, oracle):
    contracts = round(customers * truth.people.contract_share)
    shop = customers - contracts
    factors = {
        "person_months": (contracts, "contracts.person_months_per_contract", 0),
        "leavers": (contracts, "contracts.leavers_per_contract", 0),
        "orders": (shop, "shop.repeat_orders_per_customer", 1),
        "shop_customers_without_repeat": (shop, "shop.share_without_repeat", 0),
        "orders_next_12_months": (shop, "shop.orders_next_12_months_per_customer", 0),
    }
    return {
        name: round(count * (plus + oracle[key]["value"]), 1)
        for name, (count, key, plus) in factors.items()
        if key in oracle
    }


def _realised(tally):
    realised = {name: tally[name] for name in _CONTRACTS if tally["person_months"]}
    if tally["invited"]:
        nps = 100 * (tally["promoters"] - tally["detractors"]) / tally["invited"]
        realised["nps_of_all_invited"] = round(nps, 4)  # relationship waves, respondents or not
    return realised


_CONTRACTS = ("person_months", "leavers", "renewals_due", "renewals_lost", "service_failures")
