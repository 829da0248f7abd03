"""What classifiers share: classes of any kind, answers that follow from probabilities."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets

Array = NDArray[Any]


class Answering(ABC):
    """Mixin of classifiers that give probabilities and keep their classes in `classes_`."""

    classes_: Array

    @abstractmethod
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Give how likely each class is."""

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """Give the logarithm of how likely each class is."""
        logs: NDArray[np.float64] = np.log(self.predict_proba(X))
        return logs

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Give each class's score: the logarithm of its probability.

        Of two classes, one number: the second's score less the first's, as scikit-learn has it.
        """
        logs = self.predict_log_proba(X)
        return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs

    def predict(self, X: Any) -> Array:
        """Give the likeliest class of each row."""
        found = self.predict_proba(X)
        best: Array = self.classes_[found.argmax(axis=1)]
        return best

    def _told(self, classes: Any, again: bool) -> Array:
        """Give the classes that the first partial_fit was told, and refuse others later."""
        if not again:
            if classes is None:
                raise ValueError(
                    "the first call of partial_fit takes classes: all labels there will be."
                )
            first: Array = np.unique(classes)
            return first
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes is {np.unique(classes)}; the first call of partial_fit, or fit, had"
                f" {self.classes_}: they cannot change."
            )
        return self.classes_

    def _classes(self, y: Any, known: Array | None) -> tuple[Array, NDArray[np.int64]]:
        """Give the classes, those known if there are, and the number of each row's.

        Raises
            ValueError   targets that are no classes; a label that is not among those known
        """
        check_classification_targets(y)
        found, codes = np.unique(y, return_inverse=True)
        if known is None:
            return found, codes.astype(np.int64)
        strangers = [label for label in found.tolist() if label not in known.tolist()]
        if strangers:
            raise ValueError(f"y has the label {strangers[0]!r}; the classes are {known}.")
        places: NDArray[np.int64] = np.searchsorted(known, found).astype(np.int64)
        return known, places[codes]
