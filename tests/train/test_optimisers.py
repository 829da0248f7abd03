import pytest

from simplecell.engines.protocol import RULES
from simplecell.errors import UnknownName
from simplecell.train.optimisers import OPTIMISERS, optimiser


def test_every_optimiser_has_a_rule_that_engines_know() -> None:
    assert {update.rule for update in OPTIMISERS.values()} == set(RULES)


def test_plain_sgd_keeps_no_momentum() -> None:
    assert optimiser("sgd").momentum == 0
    assert optimiser("momentum").momentum == 0.9


def test_an_unknown_optimiser_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'adam'"):
        optimiser("adamm")
