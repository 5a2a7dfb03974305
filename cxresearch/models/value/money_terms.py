"""What a calculation of profit is done at: what is asked for, else what the firm declares, else a placeholder that is called one."""

from dataclasses import dataclass

PLACEHOLDERS = {"offer": 10.0, "contact": 1.0}


@dataclass(frozen=True)
class MoneyTerms:
    """The terms of a calculation of profit.

    Attributes
    ----------
    customer_worth : float or None
        What a customer who stays is worth; None where the contracts have to tell.
    offer, contact : float
        Cost of a retention offer, and of contacting one customer.
    margin : float
        Contribution per unit of revenue; 1 counts revenue.
    placeholders : tuple of str
        Which of the costs nobody has declared.
    """

    customer_worth: float | None
    offer: float
    contact: float
    margin: float
    placeholders: tuple = ()


def money_terms(declared, customer_worth=0.0, offer=-1.0, contact=-1.0, margin=0.0):
    """Settle the terms.

    Parameters
    ----------
    declared : Money
        What the mapping declares.
    customer_worth, margin : float
        What is asked for; 0 for what is declared.
    offer, contact : float
        What is asked for, where even 0 is a cost; below 0 for what is declared.

    Returns
    -------
    MoneyTerms

    Examples
    --------
    >>> from cxresearch.tables.money import Money
    >>> terms = money_terms(Money("GBP", margin=0.4, offer=25.0))
    >>> terms.margin, terms.offer, terms.contact, terms.placeholders
    (0.4, 25.0, 1.0, ('contact',))
    """
    costs, placeholders = {}, []
    for name, asked in (("offer", offer), ("contact", contact)):
        of_firm = getattr(declared, name)
        costs[name] = asked if asked >= 0 else PLACEHOLDERS[name] if of_firm is None else of_firm
        if asked < 0 and of_firm is None:
            placeholders.append(name)
    worth = customer_worth or declared.customer_worth
    return MoneyTerms(
        worth, margin=margin or declared.margin or 1.0, placeholders=tuple(placeholders), **costs
    )


def declared_margin(declared, margin=0.0):
    """The contribution per unit of revenue: what is asked for, else what the firm declares; None where neither is known.

    Examples
    --------
    >>> from cxresearch.tables.money import Money
    >>> declared_margin(Money("GBP", margin=0.4)), declared_margin(Money("GBP"), 0.3), declared_margin(Money("GBP"))
    (0.4, 0.3, None)
    """
    return margin or declared.margin or None
