"""The estimator behind both heads: scikit-learn's own checks, signs that hold, and contributions that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from venocode.classifier.head import VeinHead


@parametrize_with_checks([VeinHead(), VeinHead(C=0.05)])  # type: ignore[untyped-decorator]
def test_follows_the_conventions_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


def sample(seed: int = 0, n: int = 80, width: int = 4) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, width))
    y = (X @ np.arange(1, width + 1) + rng.normal(size=n) > 0).astype(int)
    return X, y


class TestFit:
    def test_agrees_with_scikit_learn_where_nothing_is_bound(self) -> None:
        X, y = sample()
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        ours, theirs = VeinHead(C=0.3).fit(Z, y), LogisticRegression(C=0.3, tol=1e-8).fit(Z, y)
        assert np.allclose(ours.coef_, theirs.coef_, atol=1e-4)
        assert np.allclose(ours.predict_proba(Z), theirs.predict_proba(Z), atol=1e-4)

    @given(st.lists(st.sampled_from([-1, 0, 1]), min_size=4, max_size=4), st.integers(0, 20))
    @settings(deadline=None, max_examples=30)
    def test_no_weight_points_the_wrong_way(self, signs: list[int], seed: int) -> None:
        X, y = sample(seed)
        head = VeinHead(signs=signs).fit(X, y)
        assert all(w * s >= 0 for w, s in zip(head.coef_[0], signs, strict=True))

    def test_more_of_what_speaks_for_it_never_lowers_the_probability(self) -> None:
        X, y = sample(3)
        head = VeinHead(signs=[1, 1, 1, 1]).fit(X, y)
        more = X + np.array([0.5, 0.0, 0.0, 0.0])
        assert (head.predict_proba(more)[:, 1] >= head.predict_proba(X)[:, 1]).all()

    def test_a_feature_that_never_varies_does_no_harm(self) -> None:
        X, y = sample()
        X[:, 0] = 7.0
        head = VeinHead().fit(X, y)
        assert np.isfinite(head.coef_).all()
        assert head.coef_[0][0] == 0.0

    def test_twice_is_the_same_and_a_clone_is_unfitted(self) -> None:
        X, y = sample()
        head = VeinHead(C=0.2, signs=[1, 0, -1, 1])
        assert (head.fit(X, y).coef_ == clone(head).fit(X, y).coef_).all()
        assert clone(head).get_params() == {"C": 0.2, "signs": [1, 0, -1, 1], "max_iter": 500}

    @pytest.mark.parametrize(
        ("head", "said"),
        [(VeinHead(signs=[1]), "signs has 1 entries, X has 4"), (VeinHead(signs=[2, 0, 0, 0]), "only 1, -1 and 0"),
         (VeinHead(C=0.0), "C must be positive"), (VeinHead(C=float("nan")), "C must be positive")],
    )  # fmt: skip
    def test_wrong_settings(self, head: VeinHead, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            head.fit(*sample())


class TestContributions:
    @given(st.lists(st.floats(-10, 10), min_size=4, max_size=4))
    @settings(deadline=None)
    def test_they_add_up_to_the_log_odds(self, row: list[float]) -> None:
        head = VeinHead().fit(*sample())
        added = head.contributions([row])
        assert added.shape == (1, 4)
        assert added.sum() + head.intercept_[0] == pytest.approx(head.decision_function([row])[0])

    def test_zero_adds_nothing(self) -> None:
        head = VeinHead().fit(*sample())
        assert (head.contributions([[0.0] * 4]) == 0).all()
