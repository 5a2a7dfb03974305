"""Few teams: the figures of eleven changes, silence, and what is refused."""

import numpy as np
import pytest

import cxresearch as cx
from cxresearch.models.experiments.few_clusters import permutation, permuted_starts, welch, wild_bootstrap

CHANGE = np.array([2.1, 3.4, 1.2, 4.0, 2.8, 0.4, 1.9, -0.6, 1.1, 0.9, 2.2])
TREATED = np.arange(11) < 5


def test_eleven_changes():
    """R 4.2.2: t.test and sandwich's HC2; all 2^11 signs; all 462 ways to choose five teams."""
    found = welch(CHANGE, TREATED)
    assert [found.difference, found.std_error] == pytest.approx([1.716667, 0.642608], abs=1e-6)
    assert [found.df, found.p_value] == pytest.approx([8.3664, 0.027212], abs=1e-4)
    assert wild_bootstrap(CHANGE, TREATED).p_value == pytest.approx(50 / 2048)
    assert permutation(CHANGE, TREATED).p_value == pytest.approx(15 / 462)
    assert permutation(CHANGE, TREATED, studentised=True).p_value == pytest.approx(0.030303, abs=1e-6)


def test_permuted_starts_of_two_cohorts_is_the_permutation():
    """A difference of means is linear in them; with cohorts 0 and 1 both functions count the same ways."""
    values = np.column_stack([-CHANGE / 6, CHANGE / 5])
    found = permuted_starts(values, TREATED.astype(int))
    assert (found.extreme, found.draws) == (15, 462)


def test_three_cohorts_are_all_arranged():
    random = np.random.default_rng(0)
    found = permuted_starts(random.normal(size=(7, 3)), np.array([0, 0, 1, 1, 2, 2, 2]))
    assert found.draws == 210  # 7!/(2! 2! 3!)
    assert 0 < found.p_value <= 1


def test_the_order_of_teams_changes_nothing():
    mixed = np.random.default_rng(3).permutation(11)
    for test in (wild_bootstrap, permutation):
        assert test(CHANGE[mixed], TREATED[mixed]).extreme == test(CHANGE, TREATED).extreme


def test_no_p_value_is_zero():
    change, treated = np.array([5.0, 5.1, 0.0, 0.1]), np.array([1, 1, 0, 0])
    assert wild_bootstrap(change, treated).p_value == 2 / 16
    assert permutation(change, treated).p_value == pytest.approx(2 / 6)
    many = np.r_[np.full(15, 9.0) + np.arange(15) / 99, np.arange(15) / 99]
    assert wild_bootstrap(many, np.arange(30) < 15, draws=199).p_value == pytest.approx(1 / 200)
    assert permutation(many, np.arange(30) < 15, draws=199).p_value == pytest.approx(1 / 200)


def test_silent_without_an_effect():
    random = np.random.default_rng(1)
    found = np.array(
        [
            [wild_bootstrap(y, TREATED).p_value, permutation(y, TREATED).p_value]
            for y in random.standard_t(4, (200, 11))
        ]
    )
    assert ((found <= 0.05).mean(axis=0) < 0.09).all()
    assert ((found <= 0.05).mean(axis=0) > 0.01).all()


@pytest.mark.parametrize("change", [np.zeros(11), np.full(11, 2.5)])
def test_teams_that_all_changed_alike_are_no_evidence(change):
    assert welch(change, TREATED).p_value == 1
    assert wild_bootstrap(change, TREATED).p_value == 1
    assert permutation(change, TREATED).p_value == 1


def test_one_team_on_a_side_is_refused():
    for test in (welch, wild_bootstrap, permutation):
        with pytest.raises(cx.NotEnough, match="fewer than two teams on a side"):
            test(CHANGE, np.arange(11) < 1)
    with pytest.raises(ValueError, match=r"change is missing or infinite in 1 row \(first: 2\)"):
        welch(np.where(np.arange(11) == 2, np.nan, CHANGE), TREATED)
