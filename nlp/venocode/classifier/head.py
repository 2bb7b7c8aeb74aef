"""The learned head: logistic regression whose weights may not point the wrong way.

A coder knows the direction of every piece of evidence: an act in one clause with the vein never speaks against it, a
denial never speaks for it. With a few hundred notes an unconstrained fit breaks such rules wherever two features say
nearly the same; bounds on the signs keep it honest and cost no interpretability: the log-odds stay a plain sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

Array = np.ndarray[Any, np.dtype[np.float64]]


class VeinHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Binary logistic regression on standardised features with bounds on the signs of the weights.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the quadratic penalty on the standardised weights.
    signs : sequence of int or None, default=None
        For each feature 1 (may only speak for), -1 (only against) or 0 (either); None leaves all free.
    max_iter : int, default=500
        Most iterations of L-BFGS-B.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The two labels; the second is the one whose probability rises with the log-odds.
    coef_ : ndarray of shape (1, n_features)
        Weights on the features as given (not standardised): log-odds = intercept + sum of weight * value.
    intercept_ : ndarray of shape (1,)
    n_iter_ : int
        Iterations the fit took.
    """

    def __init__(self, C: float = 1.0, signs: Sequence[int] | None = None, max_iter: int = 500) -> None:
        self.C = C
        self.signs = signs
        self.max_iter = max_iter

    def fit(self, X: Any, y: Any) -> VeinHead:
        """Fit the weights; deterministic.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
            Exactly two labels.

        Returns
        -------
        VeinHead
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, coded = np.unique(y, return_inverse=True)
        _check(type_of_target(y), len(self.classes_), self.C)
        mean, scale = X.mean(axis=0), X.std(axis=0)
        scale[scale == 0.0] = 1.0
        weights, intercept, self.n_iter_ = minimum((X - mean) / scale, coded, self.C, self._bounds(), self.max_iter)
        self.coef_ = (weights / scale)[None, :]
        self.intercept_ = np.array([intercept - float(self.coef_[0] @ mean)])
        return self

    def _bounds(self) -> list[tuple[float | None, float | None]]:
        signs = [0] * self.n_features_in_ if self.signs is None else list(self.signs)
        if len(signs) != self.n_features_in_:
            raise ValueError(f"signs has {len(signs)} entries, X has {self.n_features_in_} features")
        allowed: dict[int, tuple[float | None, float | None]] = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
        if not set(signs) <= set(allowed):
            raise ValueError("signs may hold only 1, -1 and 0")
        return [allowed[s] for s in signs]

    def decision_function(self, X: Any) -> Array:
        """Log-odds of the second class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(X @ self.coef_[0] + self.intercept_[0])

    def predict_proba(self, X: Any) -> Array:
        """Probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, 2)
        """
        p = expit(self.decision_function(X))
        return np.column_stack([1.0 - p, p])

    def predict(self, X: Any) -> Any:
        """The likelier class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        margin = self.decision_function(X)
        return self.classes_[(margin > 0).astype(int)]

    def contributions(self, X: Any) -> Array:
        """What each feature adds to the log-odds: weight times value, exactly.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Row sums plus ``intercept_`` are ``decision_function(X)``.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray(X * self.coef_[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def _check(target: str, classes: int, C: float) -> None:
    if target != "binary":
        raise ValueError(f"Only binary classification is supported. The type of the target is {target}.")
    if classes < 2:
        raise ValueError("This solver needs samples of 2 classes in the data, but the data contains only one class")
    if not C > 0:
        raise ValueError(f"C must be positive, not {C}")


def minimum(
    Z: Array, y: Any, C: float, bounds: list[tuple[float | None, float | None]], max_iter: int
) -> tuple[Array, float, int]:
    """Weights, intercept and iterations at the minimum of log loss plus penalty.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Standardised features.
    y : ndarray of shape (n_samples,)
        Labels 0 and 1, or shares between them.
    C : float
        Inverse strength of the penalty.
    bounds : list of tuple
        Lowest and highest weight of each feature.
    max_iter : int

    Returns
    -------
    tuple of ndarray, float and int
    """

    def loss(theta: Array) -> tuple[float, Array]:
        w, b = theta[:-1], theta[-1]
        margin = Z @ w + b
        error = expit(margin) - y
        value = float(np.logaddexp(0.0, margin).sum() - margin @ y) + float(w @ w) / (2 * C)
        return value, np.append(Z.T @ error + w / C, error.sum())

    start = np.zeros(Z.shape[1] + 1)
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)],
        options={"maxiter": max_iter, "ftol": 1e-12, "gtol": 1e-6},
    )  # fmt: skip
    return found.x[:-1], float(found.x[-1]), int(found.nit)
