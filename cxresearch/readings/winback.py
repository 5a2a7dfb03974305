"""What the page on winning customers back says: who returns by whom, what that is worth, whom to ask, and what would settle it."""

from cxresearch.currency import amount_text
from cxresearch.display import QUESTIONS, Nothing, answer, finding
from cxresearch.readings.sentences import (
    as_words,
    first_names,
    known,
    money,
    p_value,
    points,
    say,
    sentence,
    share,
)
from cxresearch.words import count_text, is_of_few, points_text, share_text

LEAVING = QUESTIONS[1]
COMPARISONS = {
    "trial": "The comparison is a trial: a lot decided who was asked, and the arms hold the shares drawn.",
    "as if drawn": (
        "No lot is recorded, but nothing known before tells those asked from those held out, so they are compared as if a lot had decided. "
        "Something that is not recorded could still tell them apart."
    ),
    "adjusted": (
        "This is no trial: those asked differ from those held out in what was known before ({column}), and the comparison adjusts for what is "
        "recorded. It is an association; what is not recorded could explain it."
    ),
}
BASES = {
    "second life": "the second lives observed",
    "spend so far": "what they have spent so far",
    "worth declared": "the value of a customer that is declared",
}
MANY = 4  # offers that a sentence names


def regain(found):
    """Which comparison the data allow, and what each offer brought back beyond the control.

    Parameters
    ----------
    found : Regain
        Fitted.
    """
    if found.comparison_ == "none":
        rates = _rates(found)
        return say(
            f"There is no lift to report: {as_words(found.refused_)}.",
            f"Came back, whatever the reason: {rates}." if rates else "",
            "Comparing offers with each other says which brought back more, not whether any brought back anybody.",
            _left_out(found),
        )
    column = as_words(found.balance_.column) if found.balance_ is not None else ""
    return say(
        COMPARISONS[found.comparison_].format(column=column),
        _natural(found),
        _lifts(found.lifts_),
        _unlike(found),
        _left_out(found),
    )


def _rates(found):
    """The share that came back of each arm, where neither a handful came back nor all but a handful."""
    own = [a for a in found.arms_.itertuples() if known(a.estimate) and not is_of_few(a.estimate, a.n)]
    named = [f"{as_words(a.arm)} {share((a.estimate, a.low, a.high))}" for a in own[:MANY]]
    return first_names(named) if named else ""


def _natural(found):
    control = found.arms_.iloc[0]
    if not known(control["estimate"]):
        return ""
    if is_of_few(control["estimate"], control["n"]):
        return "Of those held out, too few came back to state a share."
    limits = share((control["estimate"], control["low"], control["high"]))
    return f"Without an offer {limits} came back: nobody should be paid for them."


def _lifts(lifts):
    """What each offer adds, those that are certain first."""
    lifts = lifts[lifts["estimate"].notna()]
    more, fewer = (
        lifts[lifts["is_certain"] & (lifts["estimate"] > 0)],
        lifts[lifts["is_certain"] & (lifts["estimate"] < 0)],
    )
    unclear = lifts[~lifts["is_certain"]]
    parts = []
    if len(more):
        named = first_names(
            [f"{as_words(a.arm)} {points((a.estimate, a.low, a.high))}" for a in more.head(MANY).itertuples()]
        )
        parts.append(f"Brought back beyond that: {named}.")
    if len(fewer):
        named = first_names(
            [
                f"{as_words(a.arm)} {points((a.estimate, a.low, a.high))}"
                for a in fewer.head(MANY).itertuples()
            ]
        )
        parts.append(f"Kept away: {named}.")
    if len(unclear):
        named = first_names(list(map(as_words, unclear["arm"])))
        parts.append(f"No clear difference from the control: {named}.")
    return " ".join(parts)


def _unlike(found):
    """A draw whose arms differ more than chance allows in what was known."""
    if found.comparison_ != "trial" or found.balance_ is None or found.balance_.is_alike:
        return ""
    return f"The arms differ more than a lot should allow in what was known before ({as_words(found.balance_.column)}, {p_value(found.balance_.p_value)}): check how they were drawn."


def _left_out(found):
    return " ".join(sentence(as_words(text)) for text in found.left_out_)


def lapse_reasons(found):
    """Whether it matters why customers had left.

    Parameters
    ----------
    found : LapseReasons
        Fitted.
    """
    rows = found.reasons_[found.reasons_["odds_ratio"].notna()]
    certain = rows[rows["is_certain"]]
    harder, easier = certain[certain["odds_ratio"] < 1], certain[certain["odds_ratio"] > 1]
    parts = []
    for own, word in ((harder, "less"), (easier, "more")):
        if len(own):
            named = first_names(list(map(as_words, own["reason"])))
            parts.append(f"At the same offer, customers who left for {named} come back {word} often.")
    if not parts:
        parts.append("Whether it matters why customers had left is not clear.")
    if known(found.interaction_p_):
        if found.interaction_p_ < 0.05:
            parts.append(f"What offers add depends on the reason ({p_value(found.interaction_p_)}).")
        else:
            parts.append("That an offer works better for one reason than for another is not shown.")
    else:
        parts.append(
            "Too few came back to tell whether an offer works better for one reason than for another."
        )
    return say(*parts, "Reasons were not drawn by lot: these are associations.", _left_out(found))


def second_life(found):
    """How long those who came back stay, and what cannot be concluded from it.

    Parameters
    ----------
    found : SecondLife
        Fitted.
    """
    arms = found.arms_[~found.arms_["is_pooled"] & found.arms_["hazard"].notna()]
    parts = []
    if len(arms) > 1:
        worst, best = arms.loc[arms["hazard"].idxmax()], arms.loc[arms["hazard"].idxmin()]
        if worst["low"] > best["high"]:
            parts.append(
                f"Those whom {as_words(worst['arm'])} brought back leave soonest, {share(_hazard(worst))} a month; those of {as_words(best['arm'])} stay longest, {share(_hazard(best))}."
            )
        else:
            parts.append("How long they stay does not differ clearly between the offers.")
    elif len(arms):
        parts.append(f"Of those who came back, {share(_hazard(arms.iloc[0]))} leave again in a month.")
    if known(found.beyond_):
        parts.append(
            f"{share_text(found.beyond_, 0)} of the value lies beyond what has been observed, at a constant rate of leaving."
        )
    parts.append(
        "Each curve is of those whom that offer brought back: it shows whom an offer attracts as much as how it holds them, so offers are judged per customer asked."
    )
    return say(*parts, _left_out(found))


def _hazard(arm):
    return arm["hazard"], arm["low"], arm["high"]


def offer_profit(found):
    """What each offer earns per customer asked once natural returns are subtracted.

    Parameters
    ----------
    found : OfferProfit
        Fitted.
    """
    rows = found.profits_[found.profits_["estimate"].notna()]
    if not len(rows):
        return Nothing()
    parts = [_naive(rows)]
    for verdict, text in (
        ("pays", "Pays for certain, per customer asked"),
        ("loses", "Loses money for certain, per customer asked"),
        ("unclear", "Not settled, the interval holds zero"),
    ):
        own = rows[rows["verdict"] == verdict].sort_values("estimate", ascending=False, kind="stable")
        if len(own):
            named = first_names(
                [
                    f"{as_words(r.arm)} {money((r.estimate, r.low, r.high))}"
                    for r in own.head(MANY).itertuples()
                ]
            )
            parts.append(f"{text}: {named}.")
    parts.append(f"A return is valued by {BASES[found.basis_]}.")
    if found.cost_is_assumed_:
        parts.append(f"No cost is recorded for some offers: {amount_text(found.offer_cost)} each is assumed.")
    return finding("Offers to customers who left", "{words}", words=" ".join(filter(None, parts)))


def _naive(rows):
    """What would be concluded if those who return anyway were counted as won back."""
    top = rows.loc[rows["naive"].idxmax()] if rows["naive"].notna().any() else None
    if top is None or not known(top["natural"]):
        return ""
    naive, natural = (amount_text(float(f"{top[name]:.3g}")) for name in ("naive", "natural"))
    return (
        f"Counting every return as won back, {as_words(top['arm'])} would seem to earn {naive} per customer asked; "
        f"customers who are not asked bring {natural} by themselves."
    )


def whom_to_ask(found):
    """Whether it pays to choose among lapsed customers.

    Parameters
    ----------
    found : WhomToAsk
        Fitted.
    """
    arm = as_words(found.arm_)
    if found.uplift_ is None or found.policy_ is None:
        told = f"Customers cannot be told apart by whom {arm} moves: {as_words(found.why_)}."
    else:
        q = found.uplift_.qini_
        told = {
            "ranks": f"What is known of customers tells whom {arm} moves ({p_value(q.p)}, on customers that did not make the scores).",
            "misleads": f"The scores rank customers the wrong way round ({p_value(q.p)}): do not use them.",
            "no difference seen": f"Nothing known of customers tells whom {arm} moves more than others ({p_value(q.p)}, no difference from chance).",
        }[found.uplift_.verdict_]
    if found.verdict_ == "chosen":
        act = f"It pays to ask those with a positive score, {_chosen(found)}."
    elif found.verdict_ == "all":
        act = f"Ask all lapsed customers with {arm}; there is no reason to choose among them."
    else:
        act = "No rule of whom to ask earns more than asking nobody for certain, so nobody is on the list."
    risk = "Who is likeliest to come back is not whom an offer moves: many of them return anyway."
    return say(told, act, risk, _left_out(found))


def _chosen(found):
    row = found.policy_.values_.set_index("rule").loc["chosen"]
    if not known(row["estimate"]):
        return "whatever that is worth"
    return f"{share_text(row['share'], 0)} of them: {money((row['estimate'], row['low'], row['high']))} per lapsed customer"


def listed(found, customers, lapsed):
    """Whom the list holds, and why others are not on it.

    Parameters
    ----------
    found : WhomToAsk
        Fitted.
    customers : DataFrame
        ``WhomToAsk.ask``.
    lapsed : int
        Lapsed customers who have not been asked.
    """
    if found.verdict_ == "nobody":
        return Nothing()
    if not len(customers):
        why = (
            "the budget does not pay for one offer"
            if found.askable_
            else "no lapsed customer on record left as recently as those who were asked before"
        )
        return say(f"Nobody is listed: {why}.")
    budget = f" within the budget of {amount_text(found.budget)}" if found.budget else ""
    total = customers["cost"].sum()
    cost = (
        f" They cost {amount_text(float(f'{total:.3g}'))}." if known(total) and len(customers) >= 10 else ""
    )
    return say(
        f"{count_text(len(customers), 'customer')} of {count_text(lapsed)} who have left and were not asked are listed{budget}.{cost}",
        "Those who left longer ago than any who were asked before are not listed: nothing is known of how they would answer.",
        "Hold a tenth of the list out, drawn by lot, so that the next report can tell what the offer brought.",
    )


def trial_needed(found, profit=None):
    """Which trial would settle what is open.

    Parameters
    ----------
    found : Regain
        Fitted.
    profit : OfferProfit, optional
        Fitted.
    """
    arms = len(found.arms_[found.arms_["arm"] != found.control])
    plan = found.needed()
    if found.comparison_ == "none" or not plan["is_seen"]:
        return say(
            f"A trial would settle whether offers bring customers back: hold out customers drawn by lot, and ask the others. To show {points_text(plan['lift'])} more "
            f"with a probability of 80% it takes {_size(plan['per_arm'])} in each arm, the control among them.",
            "Record the chance of each arm (`arm_probability`), and the control as an arm of its own."
            if found.comparison_ == "none"
            else "",
        )
    settled = bool(found.lifts_["is_certain"].any())
    first = (
        f"The return by {as_words(plan['arm'])} is settled."
        if settled
        else f"To settle a lift of {points_text(plan['lift'])} with a probability of 80%, {_size(plan['per_arm'])} are needed in each of {arms + 1} arms."
    )
    if profit is None:
        return say(first)
    return say(first, _profit_needed(profit))


def _profit_needed(profit):
    rows = profit.profits_[profit.profits_["estimate"].notna()]
    if not len(rows):
        return ""
    if profit.best_ is not None:
        return f"That {as_words(profit.best_)} pays is settled too."
    top = rows.loc[rows["estimate"].idxmax()]
    if top["estimate"] <= 0:
        return "No offer is estimated to pay, so a larger trial of the same offers is not worth its cost."
    size = profit.needed(top["arm"])
    if size is None:
        return ""
    return (
        f"Whether {as_words(top['arm'])} pays is not: if its profit is what it seems, a trial of {_size(size)} in each arm would show it with a probability of 80%. "
        "Until then, ask only as many customers as that trial takes."
    )


def _size(n):
    return count_text(n, "customer") if n is not None and known(n) else "more customers than can be said"


def _more(lift):
    low, high = points_text(lift["low"]), points_text(lift["high"])
    return (
        f"{points_text(lift['estimate'])} ({low.removesuffix(' points')} to {high.removesuffix(' points')})"
    )


def winning_back(found, profit=None):
    """What offers do for those who left, for the board.

    Parameters
    ----------
    found : Regain
        Fitted.
    profit : OfferProfit, optional
        Fitted.
    """
    if found.comparison_ == "none":
        return answer(LEAVING, "What offers bring back cannot be told: {why}.", why=as_words(found.refused_))
    certain = found.lifts_[found.lifts_["is_certain"] & (found.lifts_["estimate"] > 0)]
    if not len(certain):
        return answer(LEAVING, "No offer is shown to bring customers back who left.")
    best = certain.loc[certain["estimate"].idxmax()]
    text = f"Of those who left, {as_words(best['arm'])} brings back {_more(best)} more than would return without an offer"
    if profit is None:
        return answer(LEAVING, "{text}.", text=text)
    pays = f"; {as_words(profit.best_)} pays" if profit.best_ else "; whether an offer pays is not settled"
    return answer(LEAVING, "{text}{pays}.", text=text, pays=pays)
