"""What the retention page says of customers who buy without a contract."""

from cxresearch.readings.sentences import count, difference, few, first_names, known, points, say, share
from cxresearch.words import count_text

ESTIMATE = ["estimate", "low", "high"]


def repeat_buyers(buyers):
    """Who comes back: of the latest cohort old enough, and of last year's buyers.

    Parameters
    ----------
    buyers : RepeatBuyers
    """
    c = buyers.cohorts_
    last = c.iloc[-1] if len(c) else None
    again = (
        f"Of {count_text(last['customers'])} who first bought in the 3 months to {last['ends_on']}, {share(last[ESTIMATE])} bought again within "
        "52 weeks."
        if last is not None
        else "No buyers have been observed for 52 weeks yet."
    )
    active = (
        f"Of {count_text(buyers.before_)} who bought in the 12 months before the last 3, {share(buyers.active_)} bought in these."
        if buyers.active_ is not None
        else ""
    )
    ever = f"{count_text(buyers.back_)} of {count_text(buyers.n_, 'customer')} have ever bought again, a share that only rises with their age."
    change = (
        f"Against the cohort of a year before: {points(buyers.change_)}, {difference(buyers.change_.low, buyers.change_.high)}."
        if buyers.change_ is not None
        else ""
    )
    return say(again, change, active, ever)


def return_curve(returns):
    """How soon customers come back.

    Parameters
    ----------
    returns : ReturnCurve
    """
    first, last = returns.marks_.iloc[0], returns.marks_.iloc[-1]
    if not last["estimate"] > 0:
        return say(f"Nobody has come back within {last['week']:.0f} weeks.")
    early = "" if len(returns.marks_) < 2 else _early(first, last)
    return say(
        f"{last['estimate']:.1%} come back within {last['week']:.0f} weeks.{early}",
        "Only a trial with a control group can show whether a reminder brings anyone back sooner.",
    )


def _early(first, last):
    week, of_returns = f"{first['week']:.0f} weeks", first["estimate"] / last["estimate"]
    return f" {first['estimate']:.1%} do so within {week}, which is {of_returns:.0%} of those returns."


def regularity(regular):
    """Whether customers buy at random.

    Parameters
    ----------
    regular : Regularity
    """
    verdict = {
        "clockwork": "Customers buy more regularly than at random. Models that assume random buying mistake a customer who is not due yet "
        "for a loyal one, and predict too much; a model of regular buying is tried beside them below.",
        "bursts": "Customers buy in bursts: a pause after a burst means less than the models below assume.",
        "random": "Customers buy no more regularly than at random, as the models below assume.",
    }[regular.verdict_]
    high = f"{regular.high_:.2f}" if regular.high_ < float("inf") else "no upper limit"
    return say(
        verdict,
        f"The shape of the gaps is {regular.shape_:.2f} ({regular.low_:.2f} to {high}; 1 is random), from the {count_text(regular.n_)} customers who "
        "have bought three times or more.",
    )


def buyer_cohorts(kept, may_have_bought_before, period=1):
    """Whether later cohorts of buyers come back as often as earlier ones.

    Parameters
    ----------
    kept : CohortRetention
    may_have_bought_before : bool
        Whether buyers of the earliest cohort may have bought before the records begin.
    period : int
        At which the earliest cohort and the latest one are compared; nothing is said where only one has been observed that long.
    """
    change = kept.change(period)
    if change.empty:
        return say()
    c = change.iloc[0]
    is_first = not any(small < c["earliest"] for small in kept.small_)
    caution = "The records begin with the earliest cohort: customers who had bought before count as new in it, so read that row with care."
    return say(
        f"One {kept.grain} on, {c['latest_share']:.1%} of the latest cohort bought, against {c['earliest_share']:.1%} of the earliest: "
        f"{points(c[ESTIMATE])}, {difference(c['low'], c['high'])}.",
        "Season and customer mix differ between cohorts too; the same trend over several more would be a finding.",
        caution if may_have_bought_before and is_first else "",
    )


def purchases_ahead(outlook, ahead, others, due):
    """What buyers are expected to do.

    Parameters
    ----------
    outlook : PurchaseOutlook
    ahead : pandas.DataFrame
        Its ``expected`` rows, by the model chosen.
    others : dict
        Name of each other model → the purchases it expects, as from ``by_others``.
    due : datetime.date
    """
    if not outlook.shows_leaving_:
        return say(
            f"{outlook.left_out_[0]}. The model takes nearly everybody for a customer still. Who has lapsed and what retention is worth "
            "cannot be assessed; the values below assume that nobody leaves, so they are upper bounds."
        )
    chosen = outlook.model_.name
    why = (
        f"the {outlook.passed_over_} predicted the purchases held out better, but is not determined by those of today"
        if outlook.passed_over_
        else "it predicted the purchases held out best"
        if outlook.is_tested_
        else "nothing could be held out to compare the models"
    )
    return say(
        f"Everything said of buyers below is by the {chosen}: {why}.",
        f"These {count_text(outlook.n_)} customers are expected to make {count(ahead.iloc[1][ESTIMATE])} more purchases by {due}, if they go on as "
        "before.",
        *(
            f"The {name} expects {purchases:,.0f}."
            if known(purchases)
            else f"The {name} cannot be estimated here."
            for name, purchases in others.items()
        ),
    )


def regular_buying(outlook):
    """Which shape of the gaps between purchases is likeliest.

    Parameters
    ----------
    outlook : PurchaseOutlook
    """
    family = outlook.family_
    if family is None:
        return say()
    best, random = family.iloc[0], family[family["model"] == "BG/NBD"].iloc[0]
    tried = f"Of {len(family)} models with 1 to {family['k'].max()} phases between purchases,"
    if best["model"] == random["model"]:
        return say(
            f"{tried} the BG/NBD itself is likeliest: customers buy at random and stay for a second purchase, as far as these data show."
        )
    ahead = best["log_likelihood"] - random["log_likelihood"]
    by = f", by {ahead:,.1f} in log-likelihood over the BG/NBD," if known(ahead) else ""
    regular = (
        f"A gap has {best['k']} phases, so customers buy more regularly than at random"
        if best["k"] > 1
        else "Customers buy at random"
    )
    leaving = (
        "some leave right after their first purchase"
        if best["model"].startswith("M")
        else "nobody leaves before a second purchase"
    )
    return say(
        f"{tried} the {best['model']} is likeliest{by} and stands beside the other two.",
        f"{regular}, and {leaving}.",
    )


def still_active(active):
    """How many are still customers, and how far the models are apart.

    Parameters
    ----------
    active : StillActive
        Fitted.
    """
    n, each = active.counts_, active.by_model_.dropna()
    others = each.drop(active.best_) if active.best_ in each.index else each.head(0)
    verdict = (
        "The models disagree by more than their own intervals, and nobody sees who has left: treat P(alive) as a model's view."
        if active.are_apart_
        else "The models agree."
    )
    return say(
        f"By the {active.best_}, {count_text(n['active'])} of {count_text(active.n_)} customers are probably active, {count_text(n['unsure'])} are "
        f"unsure and {count_text(n['lapsed'])} have probably lapsed: P(alive) is below {active.lapsed_below:.0%}.",
        "This model counts everyone who bought only once as active." if active.keeps_first_buyers_ else "",
        *(
            f"By the {name}, {values['estimate']:,.0f} have not dropped out, against {each.loc[active.best_, 'estimate']:,.0f}."
            for name, values in others.iterrows()
        ),
        verdict if len(others) else "",
        _refuted(active.held_out_),
    )


def _refuted(test):
    """Whether the part held out speaks against the counts: groups that bought less than predicted count as active too often."""
    if test is None or test.groups_off_.empty:
        return ""
    short = test.groups_off_[test.groups_off_["actual"] < test.groups_off_["expected"]]
    if short.empty:
        return ""
    names = first_names(short["frequency"])
    return f"Held out, customers with {names} earlier repeat purchases bought less than it predicted: too many of them count as active."


def purchase_holdout(test):
    """Whether the models of buyers should be believed.

    Parameters
    ----------
    test : PurchaseHoldout
    """
    sentences = [_believed(name, one) for name, one in test.tests_.items()]
    return say(
        *sentences,
        "The interval covers chance and uncertain parameters, not change, and one period is one test.",
    )


def _believed(name, test):
    if test.verdict_ == "not known":
        return f"{name} made no prediction: its parameters are not identified."
    expected = test.expected_.iloc[1]
    off = abs(test.off_)
    verdict = {
        "agrees": "within the interval.",
        "under-predicts": f"{off:.1%} more than predicted.{_groups_off(test)} Do not rely on its totals. A season, a campaign or growth would do this.",
        "over-predicts": f"{off:.1%} fewer than predicted.{_groups_off(test)} Do not rely on its totals. Customers who buy at regular intervals would do this.",
        "agrees in total only": f"within the interval.{_groups_off(test, 'But customers')} Do not rely on it for groups or single customers.",
    }[test.verdict_]
    return f"{name} predicted {count(expected[ESTIMATE])} purchases; {test.made_:,} were made, {verdict}"


def _groups_off(test, who="Furthest off: customers"):
    """The groups in which a forecast was wrong: the worst of them with its numbers."""
    groups = test.groups_off_
    if groups.empty:
        return ""
    worst = groups.iloc[int((groups["expected"] - groups["actual"]).abs().to_numpy().argmax())]
    more = f", and {len(groups) - 1} more of {len(test.groups_)} groups are off" if len(groups) > 1 else ""
    return (
        f" {who} with {worst['frequency']} earlier repeat purchases made {worst['actual']:.2f} each, where {worst['expected']:.2f} "
        f"({worst['low']:.2f} to {worst['high']:.2f}) were predicted{more}."
    )


def buyer_attributes(found):
    """What goes with buying more often, and with dropping out.

    Parameters
    ----------
    found : BuyerAttributes
        Fitted.
    """
    parts = [
        (
            f"{what}: "
            + "; ".join(
                f"{term.label} × {term.estimate:.2f} ({term.low:.2f} to {term.high:.2f})"
                for term in rows.itertuples()
            )
            + "."
        )
        for what, rows in (
            ("Goes with the rate of buying", found.rates_[found.rates_["is_announced"]]),
            ("Goes with dropping out", found.dropouts_[found.dropouts_["is_announced"]]),
        )
        if len(rows)
    ]
    tests = len(found.rates_) + len(found.dropouts_)
    return say(
        *(parts or ["No attribute goes with buying or with dropping out beyond chance."]),
        f"{found.covariates_.kind}, after correction for {tests} tests.",
        f"Ratios are against {'; '.join(found.references_)}." if found.references_ else "",
        f"{few(found.left_out_)}." if found.left_out_ else "",
        "These are associations: an attribute may stand for what is not recorded.",
    )


def silence(silent, soon, due):
    """How long a silence has to be to mean something.

    Parameters
    ----------
    silent : Silence
    soon : pandas.DataFrame
        Its customers ``due``.
    due : datetime.date
    """
    n = len(soon)
    many = count_text(n)
    once = "Customers who bought once get no date from this model." if silent.model.keeps_first_buyers else ""
    return say(
        f"By the {silent.model.name}, {many} customers who have not lapsed yet will probably have done so by {due} if they do not buy.",
        _spread(silent.spread()),
        once,
        "The date says when to look, not that a message would help.",
    )


def _spread(quantiles):
    if quantiles.empty:
        return ""
    short, middle, long = quantiles
    return (
        f"How long that takes differs: {short} weeks or less for a tenth of repeat buyers, {middle} for half, {long} or more for another "
        "tenth. One rule for all would be too late for some and too early for others."
    )


def lapsed_return(test):
    """How many of the lapsed return by themselves.

    Parameters
    ----------
    test : LapsedReturn
    """
    verdict = {
        "agrees": "within which it lies",
        "too low": "which is too low",
        "too high": "which is too high",
        "not known": "",
    }[test.verdict_]
    expected = f" The forecast was {share(test.expected_)}, {verdict}." if verdict else ""
    return say(
        f"Of {count_text(test.n_)} customers who had lapsed on {test.cut_}, {share(test.share_)} bought again within {test.t_:.0f} weeks.{expected}",
        "No table here says who was contacted, so this is the return under business as usual. A win-back offer has to beat this share.",
    )
