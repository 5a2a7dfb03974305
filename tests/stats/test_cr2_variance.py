"""Variances of few clusters against their definition, and how many clusters a contrast is worth."""

import numpy as np
import pytest

from cxresearch.stats.few_clusters import bias_reduced_covariance, effective_clusters


def test_the_bias_reduced_covariance_is_that_of_its_definition():
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(6), [2, 3, 4, 5, 6, 10])
    x = np.column_stack([np.ones(30), rng.normal(size=30), cluster + rng.normal(size=30)])
    bread = np.linalg.inv(x.T @ x)
    residual = rng.normal(size=30)
    residual -= x @ (bread @ (x.T @ residual))
    meat = np.zeros((3, 3))
    for g in range(6):
        own = x[cluster == g]
        share, direction = np.linalg.eigh(np.eye(len(own)) - own @ bread @ own.T)
        score = own.T @ (direction / np.sqrt(share)) @ direction.T @ residual[cluster == g]
        meat += np.outer(score, score)
    found = bias_reduced_covariance(x, bread, residual, cluster)
    np.testing.assert_allclose(found, bread @ meat @ bread, rtol=1e-9)


def test_it_has_no_bias_where_errors_are_independent():
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(5), [2, 4, 8, 12, 30])
    x = np.column_stack([np.ones(56), rng.normal(size=56)])
    bread = np.linalg.inv(x.T @ x)
    found = []
    for _ in range(2000):
        y = rng.normal(size=56)
        found.append(bias_reduced_covariance(x, bread, y - x @ (bread @ (x.T @ y)), cluster))
    np.testing.assert_allclose(np.diag(np.mean(found, axis=0)), np.diag(bread), rtol=0.05)


def test_a_cluster_that_decides_a_direction_alone_is_no_error():
    x = np.column_stack([np.ones(6), [1.0, 1, 0, 0, 0, 0]])
    bread = np.linalg.inv(x.T @ x)
    residual = np.array([0.5, -0.5, 1, -1, 2, -2])
    found = bias_reduced_covariance(x, bread, residual, np.array([0, 0, 1, 1, 2, 2]))
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("pull", "worth"), [([1, -1, 1], 3), ([5, 0, 0], 1), ([0, 0], 2)])
def test_clusters_count_by_what_they_add(pull, worth):
    assert effective_clusters(np.array(pull, dtype=float)) == pytest.approx(worth)
