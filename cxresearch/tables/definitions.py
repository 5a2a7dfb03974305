"""What the firm calls a failed project, which ends of a contract are leaving, what it aims at: declared before the data are read."""

from dataclasses import dataclass

from cxresearch.contract.schema import UNKNOWN


@dataclass(frozen=True)
class ProjectFailure:
    """When a project has failed: it was cancelled, its benefit fell short once it had time to show, or it cost or took too much.

    Where the register has a column ``has_failed``, the firm's own judgement decides, and no rule.

    >>> print(ProjectFailure().sentence)
    A project has failed if it was cancelled, or if 12 months after its finish it realised less than 50% of the planned benefit.
    >>> print(ProjectFailure(cost_over=1.3, late_over=90).told(has_own=False, has_benefit=False))
    A project has failed if it was cancelled, if it cost more than 1.3 times its first budget, or if it finished more than 90 days late.
    """

    benefit_share: float = 0.5
    months: int = 12
    cost_over: float | None = None
    late_over: int | None = None

    @property
    def sentence(self):
        """The definition in words, as it stands before any data are read."""
        return self.told()

    def told(self, has_own=False, has_benefit=True):
        """The definition in words as it applies to a register: with a column ``has_failed`` or not, with benefits or not."""
        if has_own:
            return "A project has failed if the register says so (has_failed), or if it was cancelled and the register does not say."
        rules = ["it was cancelled"]
        if self.cost_over is not None:
            rules.append(f"it cost more than {self.cost_over:g} times its first budget")
        if self.late_over is not None:
            rules.append(f"it finished more than {self.late_over:g} days late")
        if has_benefit:
            rules.append(
                f"{self.months} months after its finish it realised less than {self.benefit_share:.0%} of the planned benefit"
            )
        return f"A project has failed if {', or if '.join(rules) if len(rules) < 3 else ', if '.join(rules[:-1]) + ', or if ' + rules[-1]}."

    @property
    def needs(self):
        """Column of ``projects`` → the setting that needs it."""
        cost = (
            dict.fromkeys(("baseline_cost", "actual_cost"), "cost_over") if self.cost_over is not None else {}
        )
        late = (
            dict.fromkeys(("planned_finish_on", "finished_on"), "late_over")
            if self.late_over is not None
            else {}
        )
        return cost | late


@dataclass(frozen=True)
class Churn:
    """Which ends of a contract count as leaving, and what the share of leavers is where the data do not show it.

    Attributes
    ----------
    leaving : tuple of str
        The end reasons that count; ``unknown`` stands for an end without one. Every end counts where there are none.
    base_rate : float, optional
        The share that leaves, of all customers: where the rows were drawn so that leavers are more, or fewer.

    Examples
    --------
    >>> print(Churn(("cancelled", "lapsed")).sentence)
    A contract that ended counts as leaving if its reason is cancelled or lapsed; other ends compete with leaving and do not count.
    """

    leaving: tuple = ()
    base_rate: float | None = None

    @property
    def sentence(self):
        """Which ends count, in words, as a report prints it."""
        if not self.leaving:
            return (
                "Every end of a contract counts as leaving, whatever its reason. If some are not the customer's choice (a death, a product "
                "that ended), list those that count in cxresearch.toml: [churn] leaving."
            )
        names = ["no reason given" if name == UNKNOWN else name for name in self.leaving]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        return f"A contract that ended counts as leaving if its reason is {listed}; other ends compete with leaving and do not count."


@dataclass(frozen=True)
class Survey:
    """What may be shown of a survey.

    Attributes
    ----------
    quote_comments : bool
        Whether the board may quote comments, masked and by a rule. People write what identifies them in ways that no pattern finds, so that
        it is for the firm to allow.
    """

    quote_comments: bool = False


@dataclass(frozen=True)
class Target:
    """What a headline number is to reach.

    >>> str(Target(20.0)), str(Target(0.03, is_most=True))
    ('at least 20', 'at most 0.03')
    """

    value: float
    is_most: bool = False

    def __str__(self):
        return f"at {'most' if self.is_most else 'least'} {self.value:g}"
