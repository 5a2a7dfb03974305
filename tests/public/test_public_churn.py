"""Churn on two real tables with a ready label: one easy and full of copies, one hard and honest about it."""

from pathlib import Path

import numpy as np
import pytest

import cxresearch as cx

HERE = Path(__file__).parent


@pytest.fixture
def flat(public_data):
    def rows(name):
        return cx.features.churn_rows(cx.open(public_data / name, described_by=HERE / name), "2026-09-30")

    return rows


def out_of_fold(rows, method, folds=5, **options):
    """Outcomes, and probabilities of models that had not seen the row."""
    from sklearn.model_selection import StratifiedKFold

    X, y, p = rows.iloc[:, 4:], rows["has_left"].astype(int).to_numpy(), np.empty(len(rows))
    for learn, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(X, y):
        model = cx.models.ChurnClassifier(method, **options).fit(X.iloc[learn], y[learn])
        p[test] = model.predict_proba(X.iloc[test])[:, 1]
    return y, p


def judged(rows, method, **options):
    return cx.models.ChurnScores().fit(*out_of_fold(rows, method, **options))


def test_iranian_churn_without_its_copies(flat):
    rows, copies = cx.models.drop_repeated(flat("iranian_churn"))
    assert (copies, len(rows)) == (300, 2850)
    assert judged(rows, "logistic").auc_.estimate == pytest.approx(0.93, abs=0.01)
    assert judged(rows, "boosting").auc_.estimate == pytest.approx(0.98, abs=0.01)


def test_iranian_churn_with_its_copies_warns(flat):
    rows = flat("iranian_churn")
    with pytest.warns(UserWarning, match="300 rows repeat another exactly; removed before the split"):
        model = cx.models.ChurnClassifier("logistic").fit(rows.iloc[:, 4:], rows["has_left"].astype(int))
    assert model.repeats_ == 300


def test_eudirectlapse_is_hard_and_hardly_pays(flat):
    rows = flat("eudirectlapse")
    assert judged(rows, "logistic").auc_.estimate == pytest.approx(0.62, abs=0.01)
    y, p = out_of_fold(rows, "boosting")
    out_of_sample = cx.models.ChurnScores().fit(y, p).auc_.estimate
    assert out_of_sample == pytest.approx(0.62, abs=0.01)
    profit = cx.models.RetentionProfit().fit(y, p)
    assert profit.summary()["high"].iloc[2] < 0.15
    forecast = cx.models.ChurnForecast().fit(rows)  # as the report judges it: on a third of the rows
    for scores in (forecast.scores_, forecast.benchmark_scores_):
        assert scores.auc_.low <= out_of_sample <= scores.auc_.high
    profit = cx.models.RetentionProfit().fit(forecast.judged_["has_left"], forecast.judged_["probability"])
    assert profit.summary()["high"].iloc[2] < 0.2
