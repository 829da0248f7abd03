"""The studio in a notebook: a model that can be seen through, beneath the cell that asks for it.

    sc.show(model, "my.png", layer="C3", cell=(4, 2, 7), direction="backward")

The page is the exported one, whole and without a network, in a frame of its own: its style and its
script reach nothing else of the notebook. Where anywidget is installed, page and Python also talk:
`shown.state` says what is open on the page, and setting it opens something else.
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from simplecell.data.part import Part
from simplecell.errors import ModelError, SpecError, UnknownName
from simplecell.studio.document import model_document
from simplecell.studio.page import pages
from simplecell.train.model import Model

if TYPE_CHECKING:
    import anywidget

SANDBOX = "allow-scripts allow-modals"
"""The page may run its own script and print a worksheet; it reaches nothing of the notebook."""

CHOICES = {
    "direction": ("forward", "backward"),
    "stop": ("forward", "loss", "backward", "update"),
    "view": ("network", "learn", "lesson"),
    "theme": ("auto", "light", "dark"),
    "language": ("en", "zh"),
}

ESM = """
export function render({ model, el }) {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', model.get('sandbox'));
  frame.title = 'simplecell studio';
  frame.style.cssText = `width: 100%; height: ${model.get('height')}px; border: 0`;
  frame.srcdoc = model.get('page');
  const heard = ({ source, data }) => {
    if (source !== frame.contentWindow || typeof data?.simplecell !== 'string') return;
    if (data.simplecell === model.get('state')) return;
    model.set('state', data.simplecell);
    model.save_changes();
  };
  const told = () => frame.contentWindow?.postMessage({ simplecell: model.get('state') }, '*');
  window.addEventListener('message', heard);
  model.on('change:state', told);
  el.append(frame);
  return () => {
    window.removeEventListener('message', heard);
    model.off('change:state', told);
  };
}
export default { render };
"""
"""What anywidget runs in the notebook: the frame, and what is said through it."""


class Shown:
    """A page in a notebook. `page` is its HTML, `state` what it opens, as behind the #."""

    def __init__(self, page: str, state: str, height: int) -> None:
        self.page, self.state, self.height = page, state, height

    def _repr_html_(self) -> str:
        """Give the page as a frame."""
        return (
            f'<iframe title="simplecell studio" sandbox="{SANDBOX}" style="width: 100%; height:'
            f' {self.height}px; border: 0" srcdoc="{escape(self.page)}"></iframe>'
        )

    def __repr__(self) -> str:
        """Say what it is, where nothing can be drawn."""
        return _said(self.page)


def _said(page: str) -> str:
    size = len(page.encode()) // 1000
    return f"the studio's page, {size} kB: a notebook shows it; `page` is its HTML"


def show(
    model: Any,
    pictures: Any = None,
    labels: Any = None,
    *,
    layer: str | None = None,
    cell: Sequence[int] = (),
    direction: str = "forward",
    stop: str = "backward",
    view: str = "network",
    language: str = "en",
    theme: str = "auto",
    height: int = 760,
) -> "Shown | anywidget.AnyWidget":
    """Show a model in a notebook: every map both ways, every cell with its formula and numbers.

    >>> import simplecell as sc
    >>> digits = sc.load("digits", size=32)
    >>> model = sc.fit("lenet5", digits, epochs=1, progress=False).model
    >>> sc.show(model, digits.test.pixels[:3], layer="C3", cell=(4, 2, 7)).state
    'cell=C3.4.2.7'

    `model` is a Model or a Run. `pictures` is one or many, as `Model.predict` takes them; without
    `labels` each is held to be what the model answers. `layer` opens a cell of that layer, or of
    the "input": `cell` = (map, row, column), the middle of its first map otherwise. `direction`
    is forward or backward; `stop` one of forward, loss, backward, update; `view` one of network,
    learn, lesson; `language` en or zh; `theme` auto, light or dark; `height` is in pixels.

    Where anywidget is installed, a widget comes back, whose `state` is what is open on the page,
    as `cell=C3.4.2.7&direction=backward`: it follows the page, and may be set. Otherwise, what
    comes back draws the page as a frame.

    Raises
        ModelError    no model
        DataError     pictures that cannot be read, or labels of no class
        UnknownName   no such layer
        SpecError     no such cell, or another word than those above
    """
    found = getattr(model, "model", model)
    if not isinstance(found, Model):
        raise ModelError(f"{type(model).__name__} is no model; give a Model or a Run to show.")
    chosen = {"direction": direction, "stop": stop, "view": view, "theme": theme}
    for name, value in {**chosen, "language": language}.items():
        if value not in CHOICES[name]:
            raise SpecError(f"{name} is {value!r}; it takes {', '.join(CHOICES[name])}.")
    if type(height) is not int or not 100 <= height <= 10_000:
        raise SpecError(f"height is {height!r}; it takes whole pixels, 100 to 10000.")
    samples = None if pictures is None else _part(found, pictures, labels)
    parts = [] if layer is None else [f"cell={quote(_cell(found, layer, cell))}"]
    usual = {"direction": "forward", "stop": "backward", "view": "network", "theme": "auto"}
    parts += [f"{name}={value}" for name, value in chosen.items() if value != usual[name]]
    state = "&".join(parts)
    page = pages([model_document(found, samples)], language=language, state=state)
    return _widget(page, state, height) or Shown(page, state, height)


def _part(model: Model, pictures: Any, labels: Any) -> Part:
    """Bring pictures to the network, each with its label, or with the model's own answer."""
    pixels, _ = model.reader().read(pictures)
    answers = model.predict_proba(pixels).argmax(axis=1)
    numbers = answers if labels is None else model.numbers(np.atleast_1d(labels), len(pixels))
    return Part(pixels, np.asarray(numbers, np.int64))


def _cell(model: Model, layer: str, cell: Sequence[int]) -> str:
    """Name a cell as the page's address does."""
    network = model.network
    names = ["input", *(one.name for one in network.layers)]
    if layer not in names:
        raise UnknownName(f"layer of {network.name}", layer, names)
    shape = (network.input, *network.shapes)[names.index(layer)]
    place = tuple(cell) or (0, shape[1] // 2, shape[2] // 2)
    place = (*place, 0, 0) if len(place) == 1 and shape[1:] == (1, 1) else place
    inside = len(place) == 3 and all(0 <= at < side for at, side in zip(place, shape, strict=True))
    if not inside:
        raise SpecError(
            f"cell is {place}; {layer} has {shape[0]} maps of {shape[1]} x {shape[2]}:"
            " give (map, row, column), each from 0."
        )
    return ".".join([layer, *(str(int(at)) for at in place)])


def _widget(page: str, state: str, height: int) -> "anywidget.AnyWidget | None":
    """Make the widget of a page; None where anywidget is not installed."""
    try:
        import anywidget
        import traitlets
    except ImportError:
        return None

    class Widget(anywidget.AnyWidget):
        """A page in a notebook that talks with Python: `state` is what is open on it."""

        _esm = ESM
        page = traitlets.Unicode().tag(sync=True)
        state = traitlets.Unicode().tag(sync=True)
        height = traitlets.Int().tag(sync=True)
        sandbox = traitlets.Unicode(SANDBOX).tag(sync=True)

        def __repr__(self) -> str:
            return _said(str(self.page))

    return Widget(page=page, state=state, height=height)
