"""The attributes beside spells as covariates of a hazard: texts with few values, no more than the leavers can bear."""

from typing import NamedTuple

import pandas as pd

from cxresearch.stats.bands import in_bands

SPELL = {
    "contract_id", "customer_id", "spell", "started_on", "ended_on", "contracts", "term_months", "monthly_amount", "end_reason", "entry",
    "duration", "event", "is_over", "is_observed", "months_to_renewal", "age", "has_ended", "renewal_months",
}  # fmt: skip
PER_COLUMN = 20  # leavers that a further column takes
MOST = 20  # further columns
ALWAYS = ("has_term", "segment", "region", "acquisition_channel")


class StartFacts(NamedTuple):
    """Covariates of spells, and a sentence on each column that is none."""

    columns: pd.DataFrame
    left_out: list


def start_facts(spells, without=()):
    """The attributes of spells, known when each began.

    Every column that is none of the spell's own is an attribute. Numbers come in three bands, flags as yes and no. Of the firm's own
    columns the first come first, one for every twenty leavers and twenty at most.

    Parameters
    ----------
    spells : pandas.DataFrame
        As from :func:`cxresearch.features.customer_spells` or :func:`cxresearch.features.contract_terms`.
    without : sequence of str
        Columns that are not wanted.

    Returns
    -------
    StartFacts

    Examples
    --------
    >>> spells = pd.DataFrame({"duration": range(40), "event": True, "segment": "a", "rooms": range(40), "fleet": [0.0, 1.0] * 20, "note": "x"})
    >>> facts = start_facts(spells)
    >>> list(facts.columns), facts.columns["rooms"].unique().tolist(), facts.left_out
    (['segment', 'rooms', 'fleet'], ['up to 13', 'up to 26', 'above 26'], ['note is left out: too few have left for so many columns'])
    """
    event = spells["has_ended" if "has_ended" in spells.columns else "event"]
    given = [name for name in spells.columns if name not in SPELL and name not in without]
    own = [name for name in given if name not in ALWAYS]
    kept = own[: min(int(event.astype(bool).sum()) // PER_COLUMN, MOST)]
    why = "too few have left for so many columns"
    left_out = [f"{name} is left out: {why}" for name in own if name not in kept]
    columns = {
        name: spells[name] if name in ALWAYS else in_bands(spells[name])
        for name in [*(name for name in ALWAYS if name in given), *kept]
    }
    return StartFacts(pd.DataFrame(columns, index=spells.index), left_out)


def with_facts(spells):
    """Spells whose attributes are those of :func:`start_facts`, and the sentences on the others."""
    facts = start_facts(spells)
    others = [name for name in spells.columns if name not in SPELL]
    return spells.drop(columns=others).assign(**facts.columns), facts.left_out
