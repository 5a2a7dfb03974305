"""What is planted in Northgate Supplies: every number of the generative model, in one place.

Each table family has a frozen dataclass; ``Truth()`` holds one of each and ``Truth().null()`` is the same
company with every effect taken out: same shapes, same marginal levels, nothing depends on anything. Log-odds
unless a comment says otherwise. σ is the logistic function.
"""

# ruff: noqa: RUF009 -- _table is a dataclasses.field
from dataclasses import asdict, dataclass, field, fields, replace


def _table(**values):
    return field(default_factory=lambda: dict(values))


def _zero(mapping):
    return {key: 0.0 for key in mapping}


@dataclass(frozen=True)
class People:
    """Who the customers are: shares, and the months in which they came."""

    contract_share: float = 5 / 12  # the rest buys in the shop
    segment: dict = _table(B2C=0.55, SMB=0.36, key_account=0.09)
    shop_segment: dict = _table(B2C=0.85, SMB=0.15, key_account=0.0)
    channel: dict = _table(organic=0.35, paid=0.30, referral=0.20, event=0.15)
    region: dict = _table(north=0.22, east=0.18, south=0.25, west=0.20, central=0.15)
    started_before: float = 0.45  # share of contracts that are older than the window
    age_before: float = 18.0  # their mean age in months at its start: 1 + Geometric(1/18)
    season: float = 0.25  # monthly starts ∝ 1 + .25 cos(2π(calendar month − 9)/12)

    def null(self):
        return replace(self, season=0.0)


@dataclass(frozen=True)
class Contracts:
    """Module A: the monthly hazard of leaving, h = σ(base + effects + u)."""

    annual: dict = _table(B2C=0.30, SMB=0.55, key_account=0.85)  # share with a 12-month term
    base_monthly: float = -3.75
    base_annual: float = -6.5
    base_renewal: float = -1.9  # an annual contract in the month its term runs out
    segment: dict = _table(B2C=0.0, SMB=-0.35, key_account=-0.80)
    channel: dict = _table(organic=0.0, paid=0.45, referral=-0.30, event=0.0)
    tenure: float = -0.30  # times ln(1 + tenure/6), tenure in months, the first month counts 1
    experience: float = -0.55  # per standard deviation of q
    failure: float = 0.70  # in a month with a service failure
    january: float = 0.25
    frailty: float = 0.30  # standard deviation of u
    failure_base: float = -2.6  # P(service failure in a month) = σ(−2.6 − .5 q)
    failure_experience: float = -0.5
    involuntary: float = 0.04  # share of leavers who died or closed down; a label only
    amount_median: dict = _table(B2C=35.0, SMB=180.0, key_account=1500.0)  # money a month
    amount_sigma: float = 0.35  # of its logarithm

    def null(self):
        flat = -4.37  # the planted company's mean monthly hazard, 1.25 %
        return replace(
            self, base_monthly=flat, base_annual=flat, base_renewal=flat, segment=_zero(self.segment),
            channel=_zero(self.channel), tenure=0.0, experience=0.0, failure=0.0, january=0.0, frailty=0.0,
            failure_experience=0.0,
        )  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """Module B: BG/NBD purchases and Gamma–Gamma spend, time in months of 30.4375 days."""

    r: float = 0.8
    alpha: float = 5.0
    a: float = 0.6
    b: float = 3.0
    p: float = 6.0
    q: float = 4.0
    gamma: float = 90.0  # mean spend pγ/(q − 1) = 180
    youngest: float = (
        0.0  # customers came U(youngest, window) months before the end; above 0 where acquisition stops
    )
    channel: dict = _table(web=0.64, phone=0.18, store=0.18)

    def null(self):
        return self  # heterogeneity, but nothing depends on anything


@dataclass(frozen=True)
class Interactions:
    """Module C: y* = level + department + channel + … + N(0, 1.3), rounded to 1–10."""

    per_customer: float = 3.6  # rated contacts per contract customer in 36 months
    level: float = 7.4
    department: dict = _table(
        Sales=0.35, Marketing=0.15, Onboarding=-0.05, Service=-0.10, Billing=-0.95, Digital=0.60
    )
    share: dict = _table(
        Sales=0.16, Marketing=0.10, Onboarding=0.14, Service=0.26, Billing=0.18, Digital=0.16
    )
    complexity_mean: dict = _table(
        Sales=0.0, Marketing=-0.2, Onboarding=0.2, Service=1.2, Billing=-0.5, Digital=-0.6
    )
    complexity_sd: float = 0.8
    complexity: float = -0.6
    channel: dict = _table(face_to_face=0.30, phone=0.05, email=0.0, web=0.10, mail=-0.25, fax=-0.60)
    channel_mix: dict = _table(  # in the order of `channel`
        Sales=(0.35, 0.30, 0.20, 0.10, 0.03, 0.02),
        Marketing=(0.15, 0.10, 0.40, 0.25, 0.08, 0.02),
        Onboarding=(0.25, 0.35, 0.20, 0.15, 0.04, 0.01),
        Service=(0.05, 0.60, 0.15, 0.15, 0.03, 0.02),
        Billing=(0.02, 0.22, 0.20, 0.08, 0.32, 0.16),
        Digital=(0.00, 0.08, 0.22, 0.70, 0.00, 0.00),
    )
    service_phone: float = -0.50
    experience: float = 0.55
    agent_sd: float = 0.25
    agents: int = 12  # a department, at the default size
    noise_sd: float = 1.3
    automated_channels: tuple = ("phone", "web")  # a voice bot and a chat bot …
    staffed: tuple = ("Digital",)  # … but not here: these contacts are what self-service has left over
    automated_base: float = 0.5  # where there is a bot P(automated) = σ(.5 − 1.5 complexity)
    automated_complexity: float = -1.5
    automated_effect: float = 0.3  # rating points, + automated_slope × complexity: zero at .375
    automated_slope: float = -0.8
    emotion: float = 0.5  # emotion = 4 + .5 (y* − 7.4) + N(0, 1), rounded to 1–7
    effort_repeat: float = 0.5  # effort = 2.6 + .5 earlier contacts + .35 complexity + N(0, 1), to 1–7
    effort_complexity: float = 0.35
    again: dict = _table(  # P(one more contact on the case | channel of its first), six contacts at most
        face_to_face=0.20, phone=0.28, email=0.42, web=0.35, mail=0.50, fax=0.55
    )
    again_within_7_days: float = 0.75
    weak_point: str = "fault"  # where customers are lost: of Service cases whose customer leaves …
    weak_point_days: int = 90  # … within so many days after the last contact
    weak_point_share: float = 0.9  # … so many that would have gone another way report a fault first

    def null(self):
        return replace(
            self, weak_point_share=0.0, department=_zero(self.department), complexity=0.0, channel=_zero(self.channel),
            service_phone=0.0, experience=0.0, agent_sd=0.0, automated_effect=0.0, automated_slope=0.0,
            emotion=0.0, effort_repeat=0.0, effort_complexity=0.0, again={key: 0.35 for key in self.again},
        )  # fmt: skip


@dataclass(frozen=True)
class Staff:
    """Module D: staff rate a touchpoint at the customers' mean + gap + N(0, 1.2), rounded to 1–10."""

    raters: int = 25  # in each department; each rates the department's three touchpoints
    gap: dict = _table(Sales=1.2, Marketing=1.5, Onboarding=0.8, Service=0.2, Billing=2.0, Digital=0.6)
    noise_sd: float = 1.2
    executives: int = 8  # each rates all touchpoints
    executive_shares: tuple = (0, 0, 0, 0, 0, 0, 0.05, 0.15, 0.35, 0.45)  # of the ratings 1 … 10

    def null(self):
        return replace(self, gap=_zero(self.gap), noise_sd=None, executive_shares=None)  # as customers rate


@dataclass(frozen=True)
class Survey:
    """Module E: items z = √.45 g + √.55 ε with g the customer's q; recommend from z and noise."""

    invited: int = 3000  # a wave, at the default size
    depth_waves: int = 4  # extra waves in which the thresholds below are planted
    halo: float = 0.45
    driver: dict = _table(
        reliability=0.34, ease=0.28, responsiveness=0.16, price=0.12, communication=0.06, digital=0.04
    )
    item_mean: float = 7.0
    item_sd: float = 1.6
    explained: float = 0.55  # R² of the latent recommendation on the latent items
    mean: float = 7.5
    sd: float = 2.1
    must_be: float = -0.9  # points of recommend where reliability ≤ 4, depth waves only
    delighter: float = 0.6  # where communication ≥ 9, depth waves only
    respond_base: float = -1.15
    respond_experience: float = 0.45
    respond_extreme: float = 0.35  # where |g| > 1.2
    extreme: float = 1.2
    satisfaction: float = 0.8  # correlation of latent satisfaction with latent recommendation
    effort_ease: float = -0.55  # effort = 8 − .55 ease + N(0, 1), rounded to 1–7
    commented: float = 0.12

    def null(self):
        return replace(
            self, driver=_zero(self.driver), explained=0.0, must_be=0.0, delighter=0.0, satisfaction=0.0,
            respond_base=-1.0245, respond_experience=0.0, respond_extreme=0.0, effort_ease=0.0,
        )  # fmt: skip


@dataclass(frozen=True)
class Projects:
    """Module G: η = intercept + effects; failed ~ Bernoulli σ(η); time and cost follow η too."""

    count: int = 120  # in 36 months, at the default size
    intercept: float = -0.20
    people: float = -0.60  # per standard deviation, as process and technology
    process: float = -0.50
    technology: float = -0.10
    imbalance: float = 0.45  # max(0, technology − min(people, process))
    strategy_first: float = -0.60
    sponsor: float = -0.45  # sponsor is +1 or −1: has_sponsor moves the log-odds by −.90
    budget: float = 0.40  # per standard deviation of ln BAC
    creep: float = 5.0  # per unit of (creep − .10)
    strategy_people: tuple = (0.2, 0.5)  # P(strategy first) = σ(.2 + .5 people)
    sponsored: float = 0.5
    pmo: float = 0.5
    budget_median: float = 180_000.0
    budget_sigma: float = 0.8
    creep_gamma: tuple = (2.0, 0.05)
    changes: float = 1.5  # creep comes in max(1, Poisson(1.5)) dated changes
    ready_mean: float = 2.0  # readiness scores are 2 + .8 z, cut to 0–4
    ready_sd: float = 0.8
    ready_drift: float = 0.04  # the monthly score falls by this × η each month: it knows the outcome
    spi: tuple = (-0.05, -0.12, 0.10)  # SPI(t)* = exp(−.05 − .12 η + N(0, .10))
    pace_sd: float = 0.06  # monthly progress in time is SPI(t)* × LogNormal with mean 1
    cost: tuple = (0.12, 0.10, 0.12)  # cost factor = exp(.12 + .10 η + N(0, .12))
    tail: tuple = (-2.6, 0.5, 2.2)  # × Pareto(2.2) with probability σ(−2.6 + .5 η)
    cost_sd: float = 0.03  # of each month's cost, logarithm
    duration: tuple = (4, 18)  # planned months, uniform
    curve: tuple = (2.0, 2.5)  # PV = BAC · BetaCDF(t/PD)
    cancel: tuple = (0.02, 0.8)  # monthly hazard .02 e^{.8 η}
    watermelon: float = 0.08  # added to the reported SPI(t) where there is no PMO
    green: float = 0.95
    amber: float = 0.85

    def null(self):
        zero = {f.name: 0.0 for f in fields(self) if f.name in _EFFECTS}
        return replace(
            self, **zero, intercept=-0.1688, strategy_people=(0.2, 0.0), ready_drift=0.0, watermelon=0.0,
            spi=(-0.05, 0.0, 0.10), cost=(0.12, 0.0, 0.12), tail=(-2.6, 0.0, 2.2), cancel=(0.02, 0.0),
        )  # fmt: skip


@dataclass(frozen=True)
class Processes:
    """Module H: cases of ten processes with six steps each; rates are probabilities at complexity .6, the mean."""

    cases: int = 20_000  # in 36 months, at the default size
    volume_sd: float = 0.30  # of the logarithm of a month's volume
    complexity: tuple = (0.2, 1.0)  # uniform; rates are multiplied by .4 + complexity
    skip: dict = _table(  # of each of the two inner must steps
        order=0.02,
        onboarding=0.04,
        complaint=0.20,
        billing_query=0.08,
        renewal=0.10,
        delivery=0.06,
        address_change=0.03,
        technical_fault=0.14,
        return_=0.12,
        quotation=0.16,
    )
    rework: dict = _table(
        order=0.03,
        onboarding=0.08,
        complaint=0.25,
        billing_query=0.20,
        renewal=0.06,
        delivery=0.10,
        address_change=0.05,
        technical_fault=0.18,
        return_=0.12,
        quotation=0.15,
    )
    skip_may: float = 0.20  # of each step that is no must
    rework_twice: float = 0.3  # of the cases with rework
    swapped: float = 0.03  # the two inner must steps in the wrong order
    channel_mix: dict = _table(phone=0.45, email=0.25, web=0.20, face_to_face=0.10)
    resolved: float = 0.80  # first-contact resolution at complexity .6, by phone, without deviation
    resolved_complexity: float = -0.30
    channel: dict = _table(phone=0.0, email=-0.03, web=0.02, face_to_face=0.03)
    must: float = -0.12  # of a case that left a must step
    may: float = 0.05  # of a case that left a step that is no must, if it is harder than …
    may_from: float = 0.60
    hours: dict = _table(  # median from begin to end at complexity .6
        order=30.0,
        onboarding=180.0,
        complaint=150.0,
        billing_query=60.0,
        renewal=300.0,
        delivery=72.0,
        address_change=20.0,
        technical_fault=48.0,
        return_=120.0,
        quotation=96.0,
    )
    hours_sd: float = 0.25  # of its logarithm
    hours_complexity: float = 0.40
    month_sd: float = 0.01  # delays that all cases of a month share
    changed: str = "delivery"
    change_month: int = 20  # of 36, counted from 0
    change: float = -0.15  # of its cycle time
    placebo: str = "technical fault"  # changed after its worst month: no effect
    placebo_sd: float = 0.06
    placebo_between: tuple = (0.30, 0.65)  # of the window
    elasticity: dict = _table(
        order=0.80,
        onboarding=0.75,
        complaint=1.00,
        billing_query=1.15,
        renewal=0.90,
        delivery=0.90,
        address_change=0.90,
        technical_fault=0.90,
        return_=0.90,
        quotation=0.90,
    )
    cost: dict = _table(  # of a case, at the usual volume
        order=35.0,
        onboarding=240.0,
        complaint=180.0,
        billing_query=60.0,
        renewal=90.0,
        delivery=45.0,
        address_change=12.0,
        technical_fault=150.0,
        return_=40.0,
        quotation=130.0,
    )
    cost_sd: float = 0.04
    unmeasured: tuple = ("quotation", "complaint")  # no KPI for the inner must steps
    stale: tuple = ("return",)  # data 80 days old

    def null(self):
        return replace(
            self, resolved_complexity=0.0, channel=_zero(self.channel), must=0.0, may=0.0, hours_complexity=0.0, change=0.0,
            elasticity={key: 1.0 for key in self.elasticity}, skip={key: 0.08 for key in self.skip},
            rework={key: 0.10 for key in self.rework}, unmeasured=(), stale=(),
        )  # fmt: skip


@dataclass(frozen=True)
class Readiness:
    """Module I: answers 0–4 with a common factor, by year of implementation; a synthetic benchmark."""

    organisations: int = 200
    mean: tuple = (1.6, 2.0, 2.4, 2.7, 2.9)  # before rounding, years 1 to 5
    sd: float = 0.5
    loading: float = 0.7
    respondents: int = 12  # of Northgate
    own_year: int = 2
    own: dict = _table(strategy=2.3, people=1.9, process=2.1, technology=2.8)
    weakest: str = "people_2"
    weakest_mean: float = 0.9

    def null(self):
        flat = 2.3
        return replace(self, mean=(flat,) * 5, own={key: flat for key in self.own}, weakest_mean=flat)


@dataclass(frozen=True)
class Events:
    """Module F: log revenue of an account and month = mean + size + season + shock + what events add + noise."""

    mean: float = 6.2
    sd: float = 0.8  # of the size of accounts, which stays
    season: float = 0.15  # × cos(2π(calendar month − 12)/12)
    persistence: float = 0.5  # of the shocks, AR(1)
    shock_sd: float = 0.35
    noise_sd: float = 0.05
    a_month: int = 2
    months_before: int = 6
    months_after: int = 6  # in which an event adds to revenue: the months after the one in which it is held
    invited: float = (
        -3.3
    )  # log-odds, + the two below × size and last month's shock, both per standard deviation
    invites: dict = _table(
        **{"trade show": (0.6, 0.5), "roadshow": (0.4, 0.3), "webinar": (0.2, 0.0), "dinner": (0.6, -0.6)}
    )
    attends: dict = _table(**{"trade show": 0.5, "roadshow": 0.6, "webinar": 0.5, "dinner": 0.5})
    lift: dict = (
        _table(  # of log revenue, on average over the accounts invited; all of it is of those that come
            **{"trade show": 0.0, "roadshow": 0.05, "webinar": 0.02, "dinner": 0.12}
        )
    )
    cost: dict = _table(
        **{"trade show": 900.0, "roadshow": 350.0, "webinar": 40.0, "dinner": 600.0}
    )  # a guest
    margin: float = 0.6
    randomised: float = 1 / 3  # of the events, the last
    held_out: float = 0.3

    def null(self):
        return replace(
            self, lift=_zero(self.lift), invites={key: (0.0, 0.0) for key in self.invites},
            cost=_zero(self.cost),  # what brings nothing would lose what it costs
        )  # fmt: skip


@dataclass(frozen=True)
class Winback:
    """Module J: offers to customers who had left; the arm is drawn by lot, all alike."""

    offers: int = 1_800  # at the default size
    returns: dict = _table(
        control=0.06, price=0.14, upgrade=0.12, bundle=0.18
    )  # share, on average over reasons
    leaves_again: dict = _table(control=0.050, price=0.085, upgrade=0.045, bundle=0.10)  # a month
    reasons: dict = _table(price=0.30, service=0.25, competitor=0.25, no_need=0.20)
    service: float = -0.5  # log-odds of returning where the reason was the service
    cost: dict = _table(control=0.0, price=20.0, upgrade=15.0, bundle=35.0)
    asked_days: tuple = (30, 120)  # from leaving to the offer
    watched_days: int = 90  # in which a return counts
    silent_days: int = 180  # after which a shop customer counts as lost
    monthly_median: float = 60.0  # spent in the second life
    monthly_sigma: float = 0.35

    def null(self):
        return replace(
            self, returns={key: 0.10 for key in self.returns}, leaves_again={key: 0.07 for key in self.leaves_again}, service=0.0,
        )  # fmt: skip


@dataclass(frozen=True)
class Retention:
    """Module K: offers to customers who might leave; in points of the chance of leaving within six months."""

    offers: int = 4_000  # at the default size
    offered: float = 0.5  # share; the rest is the control
    between: tuple = (0.36, 0.84)  # of the window
    base: float = 0.18
    effect: float = -0.06  # of those whose q lies between …
    moved: tuple = (-1.2, 0.0)
    effect_old: float = 0.03  # of the others, where they have been customers for more than …
    old_from: int = 30  # … months
    cost: float = 8.0
    score_noise: float = 0.3

    def null(self):
        return replace(self, effect=0.0, effect_old=0.0)


@dataclass(frozen=True)
class Pay:
    """Module L: teams whose pay is tied to retention, by the month in which it was."""

    teams: int = 60  # the same number starts in each of these months, and never
    starts: tuple = (12, 18, 24)  # of 36
    effect: float = 0.25  # log-odds of staying through a month
    share: float = 0.2
    gaming: int = 3  # teams of the first group …
    relabelled: float = 0.6  # … that call this share of the customers who leave once pay is tied dormant
    dormant: float = 0.03  # as do others
    moved: float = 0.02

    def null(self):
        return replace(self, effect=0.0, relabelled=self.dormant)


_EFFECTS = {
    "people", "process", "technology", "imbalance", "strategy_first", "sponsor", "budget", "creep",
}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """All that is planted.

    Examples
    --------
    >>> Truth().contracts.base_renewal - Truth().contracts.base_monthly
    1.85
    >>> Truth().null().staff.gap["Billing"]
    0.0
    """

    people: People = field(default_factory=People)
    contracts: Contracts = field(default_factory=Contracts)
    shop: Shop = field(default_factory=Shop)
    interactions: Interactions = field(default_factory=Interactions)
    staff: Staff = field(default_factory=Staff)
    survey: Survey = field(default_factory=Survey)
    projects: Projects = field(default_factory=Projects)
    processes: Processes = field(default_factory=Processes)
    readiness: Readiness = field(default_factory=Readiness)
    events: Events = field(default_factory=Events)
    winback: Winback = field(default_factory=Winback)
    retention: Retention = field(default_factory=Retention)
    pay: Pay = field(default_factory=Pay)

    def null(self):
        """The same company without any effect."""
        return Truth(**{f.name: getattr(self, f.name).null() for f in fields(self)})

    def winning_until(self, youngest):
        """The same company whose shop has won nobody in its last ``youngest`` months."""
        return replace(self, shop=replace(self.shop, youngest=youngest))

    def as_dict(self):
        """Plain nested dictionaries, for JSON."""
        return asdict(self)
