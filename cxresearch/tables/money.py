"""The firm's money as ``[money]`` declares it; amounts in several currencies → amounts in the workspace's, never added up without rates."""

from dataclasses import dataclass, field

import ibis

from cxresearch.contract.schema import CURRENCY
from cxresearch.tables.cast import SHAPES, tried

NO_RATE = "no rate: "  # before an amount that cannot be converted: it is then no number
MOST = 4  # currencies that a message names


@dataclass(frozen=True)
class Money:
    """What the firm counts in, and what it declares of its own money.

    Attributes
    ----------
    currency : str, optional
        In which all amounts are counted, such as GBP.
    rates : dict
        What one unit of each other currency is worth in it.
    margin : float, optional
        Contribution per unit of revenue.
    customer_worth : float, optional
        What a customer who stays is worth.
    offer, contact : float, optional
        Cost of a retention offer, and of contacting one customer.

    Examples
    --------
    >>> Money("EUR", {"USD": 0.92}).worth
    {'EUR': 1.0, 'USD': 0.92}
    """

    currency: str | None = None
    rates: dict = field(default_factory=dict)
    margin: float | None = None
    customer_worth: float | None = None
    offer: float | None = None
    contact: float | None = None

    @property
    def worth(self):
        """Currency → its worth in that of the workspace; empty where no rate is declared."""
        return {self.currency: 1.0} | self.rates if self.rates else {}

    def converted(self, columns, specs):
        """The currency of a table's rows and the columns that hold money, in the workspace's currency, in steps: as texts, since one without a rate is no number.

        Parameters
        ----------
        columns : dict
            Name → canonical value.
        specs : dict
            Name → the contract's declaration.
        """
        if not self.worth or CURRENCY not in columns:
            return {}
        found = {name: self._times(columns[name], columns) for name in paid(specs) if name in columns}
        return found | {CURRENCY: self._own(columns)}

    def _rate(self, columns):
        """The currency of each row, and its worth."""
        currency = yield columns[CURRENCY].cast("string")
        rate = yield ibis.cases(*((currency == code, worth) for code, worth in self.worth.items()))
        return currency, rate

    def _own(self, columns):
        currency, rate = yield from self._rate(columns)
        return ibis.ifelse(rate.isnull(), currency, ibis.literal(self.currency))

    def _times(self, value, columns):
        _, rate = yield from self._rate(columns)
        text = yield value.cast("string")
        in_one = (tried(text, "number") * rate).cast("string")
        kept = ibis.ifelse(rate.isnull() & text.notnull(), ibis.literal(NO_RATE).concat(text), in_one)
        return ibis.ifelse(text.re_search(SHAPES["number"]), kept, text)

    def refusal(self, source):
        """Why the amounts of a table cannot be added up as they are; None where they can."""
        specs = source.columns()
        if self.worth or CURRENCY not in specs or not paid(specs):
            return None
        rows = source.chosen()
        found = rows.select(code=rows[CURRENCY].cast("string")).filter(ibis._.code.notnull()).distinct()
        found = found.order_by("code").limit(MOST + 1).to_pandas()["code"].tolist()
        named = ", ".join(found[:MOST]) + (" …" if found[MOST:] else "")
        if found[1:]:
            return f"amounts in several currencies ({named}); declare what each is worth in [money.rates]"
        if found and self.currency and found != [self.currency]:
            return f"amounts in {named}, while the workspace counts in {self.currency}; declare its worth in [money.rates]"
        return None


def paid(specs):
    """The columns that hold money."""
    return [name for name, spec in specs.items() if spec.unit == "currency"]


def without_rate(value):
    """Where an amount could not be converted."""
    return value.startswith(NO_RATE)
