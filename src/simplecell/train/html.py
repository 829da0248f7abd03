"""What a notebook shows of a model or a run: its layers as a picture, and the facts beneath."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from simplecell.engines.protocol import LOSSES, is_number
from simplecell.errors import ModelError
from simplecell.spec.network import Network

WIDE, HIGH = 220, 44
"""Pixels of the small curve of errors."""
MOST_CLASSES = 12


def facts(training: Mapping[str, Any], classes: Sequence[str]) -> dict[str, str]:
    """Say in words how a model was trained, as far as it knows, and what it tells apart."""
    named = ", ".join(classes[:MOST_CLASSES]) + (" …" if classes[MOST_CLASSES:] else "")
    said = {"classes": f"{len(classes)}: {named}"}
    data, recipe = training.get("data"), training.get("recipe")
    if isinstance(data, Mapping):
        images = data.get("images")
        count = f", {images:,} pictures" if isinstance(images, int) else ""
        said["learned from"] = f"{data.get('name')}{count}"
    if isinstance(recipe, Mapping):
        said["recipe"] = f"{recipe.get('name')}, at most {recipe.get('epochs')} epochs"
    for name in ("seed", "engine"):
        if name in training:
            said[name] = str(training[name])
    return said


def errors(history: Sequence[Mapping[str, Any]]) -> list[float]:
    """Give the validation error of each epoch, or none where none was kept aside."""
    found = [row.get("validation_error_percent") for row in history]
    return [float(error) for error in found if error is not None]


def html(network: Network, said: Mapping[str, str], course: Sequence[float]) -> str:
    """Write a network's picture, a table of facts, and the course of the error, as HTML."""
    rows = dict(said)
    html = "".join(
        f'<tr><td style="text-align:left;opacity:.7">{escape(name)}</td>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows.items()
    )
    if course:
        html += (
            '<tr><td style="text-align:left;opacity:.7">validation error</td>'
            f'<td style="text-align:left">{course[-1]:.2f} % after epoch {len(course)}'
            f" {_curve(course)}</td></tr>"
        )
    return f"<div>{network._repr_html_()}<table>{html}</table></div>"


def _curve(course: Sequence[float]) -> str:
    """Draw the errors as a line from 0 to the largest."""
    if len(course) < 2:
        return ""
    largest = max(course) or 1.0
    points = " ".join(
        f"{2 + (WIDE - 4) * k / (len(course) - 1):.1f},{HIGH - 2 - (HIGH - 4) * e / largest:.1f}"
        for k, e in enumerate(course)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" role="img"'
        ' aria-label="validation error over the epochs" style="vertical-align:middle">'
        f'<polyline points="{points}" fill="none" stroke="#d55e00" stroke-width="1.5"/></svg>'
    )


def check_training(training: Mapping[str, Any]) -> None:
    """Refuse, of how a model was trained, what those who show it would stumble over.

    Raises
        ModelError   a recipe, data or a history of another kind
    """
    recipe, history = training.get("recipe", {}), training.get("history", [])
    loss = recipe.get("loss") if isinstance(recipe, Mapping) else recipe
    told = "validation_error_percent"
    sound = isinstance(history, list) and all(isinstance(row, Mapping) for row in history)
    found = [row.get(told) for row in history] if sound else []
    sound &= all(error is None or (is_number(error) and math.isfinite(error)) for error in found)
    data = training.get("data")
    sound &= not isinstance(data, Mapping) or isinstance(data.get("name", ""), str)
    if not isinstance(recipe, Mapping) or not sound or (loss is not None and loss not in LOSSES):
        raise ModelError("what it says of its training makes no sense.")
