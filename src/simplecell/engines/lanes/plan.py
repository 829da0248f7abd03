"""Planning: a network as a list of instructions, decided once per network and batch size.

The planner knows no layer: each writes itself into the plan, see `layers`. `allocation` says where
values stand, `storage` where parameters do, and `taps` what a convolution reads.
"""

from dataclasses import dataclass

import numpy as np

from simplecell.engines.lanes import channels
from simplecell.engines.lanes import layout as f
from simplecell.engines.lanes.allocation import LINE
from simplecell.engines.lanes.builder import Builder, Context, Options
from simplecell.engines.lanes.compilation import prepare
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layers.channels import channels_last
from simplecell.engines.lanes.layers.entries import layer_plans
from simplecell.engines.lanes.layers.plan import LayerPlan
from simplecell.engines.lanes.layout import Numbers, Tables
from simplecell.engines.lanes.loss import LOSS_KINDS
from simplecell.engines.lanes.pieces import EACH, TOGETHER, Stages, cut
from simplecell.engines.lanes.storage import constants_at, odds_at, own_spans, spans
from simplecell.engines.parameters import learned_names
from simplecell.errors import EngineError
from simplecell.notation import split
from simplecell.spec.accounting import count_layer
from simplecell.spec.layers import Layer, Shape
from simplecell.spec.network import Network


@dataclass(frozen=True)
class Plan:
    """A network, ready for the machine."""

    tables: Tables
    kernels: tuple[Entry, ...]  # an instruction names them by their place here, from 1
    forward_stop: int  # instructions of the way up
    output: int  # node of the last layer
    layer_nodes: list[int]  # node of each layer
    down_start: list[int]  # first instruction of each layer's way down
    floats: int  # memory to allocate
    slot_floats: int  # a pack's own gradients
    wide: bool  # whether its first layers have channels last
    stages: Stages | None  # what one pack takes, in pieces for several threads

    def steps(self, batch: int) -> tuple[Tables, Numbers, int]:
        """Give tables for steps of so many images, the stages of pieces, and threads at most.

        There are stages where the batch is one pack, and worth it.
        """
        packs = -(-batch // int(self.tables[1][0, f.LANE_COUNT]))
        if self.stages is None or packs > 1:
            return self.tables, np.zeros(0, np.int64), packs
        return self.stages.tables, self.stages.first, TOGETHER


class Planner:
    """Builds a Plan layer by layer."""

    def __init__(
        self, network: Network, lanes: int, packs: int, threads: int, options: Options
    ) -> None:
        self.network = network
        self.threads = threads
        self.options = options
        self.layers = layer_plans(network, lanes)
        wide = channels_planned(network, lanes, options)
        self.wide = len(wide)  # so many layers have channels last
        self.layers[: self.wide] = wide
        meeting = options.learning and any(layer.meets for layer in self.layers)
        self.builder = Builder(lanes, packs, meeting)
        reads = [layer.in_matrix for layer in self.layers]
        self.input = self._place(network.input, reads[0])
        self.builder.layout.facts()
        self.values = [
            self._place(shape, (own or above) and n + 1 != self.wide)
            for n, (shape, own, above) in enumerate(
                zip(network.shapes, reads, [*reads[1:], False], strict=True)
            )
        ]
        # Maps change places on the way to and from the layers that have channels last.
        self.entered = self._place(network.input, False) if wide else self.input
        self.left = self._place(network.shapes[self.wide - 1], True) if wide else self.input
        room = max(layer.inputs + layer.scratch for layer in self.layers) + 2 * LINE
        # Losses need a few floats beside the scores of all classes.
        room += 4 + network.classes
        self.builder.scratch = self.builder.layout.scratch(room * lanes + 4 * LINE)
        self.sites = self._sites()

    def _place(self, shape: Shape, in_matrix: bool) -> int:
        layout = self.builder.layout
        return layout.matrix(shape) if in_matrix else layout.region(shape)

    def _sites(self) -> list[Context]:
        """Say for each layer where it stands."""
        places, constants = spans(self.network)
        learned = set(learned_names(self.network))
        nodes = [self.input, *self.values]
        sites = []
        for n, plan in enumerate(self.layers):
            whole = own_spans(places, plan.layer)
            own = {o: span for o, span in whole.items() if f"{plan.layer.name}.{o}" in learned}
            kept = {o: span for o, span in whole.items() if o not in own}
            fixed = (constants + constants_at(self.layers, n), 0)
            words = {"source": nodes[n], "target": nodes[n + 1]}
            if self.wide and n in (0, self.wide):
                words["source"] = self.left if n else self.entered
            words["weight"], words["bias"] = own.get("w", fixed)[0], own.get("b", fixed)[0]
            words["below"], words["number"] = self._squash_word(n - 1), n
            words |= plan.words()
            go_on = n > 0 or self.options.traced
            at = (plan.below, plan.above, own, kept, fixed[0])
            context = Context(self.builder, self.options, *at, words, go_on)
            sites.append(context)
        return sites

    def _squash_word(self, n: int) -> int:
        """Give the word of a layer's squashing function; pixels have none."""
        squash = self.network.layers[n].squash if n >= 0 else "identity"
        family, parameter = split(squash)
        if family not in f.SQUASH_CODES:
            raise EngineError(
                f"the lanes engine has no squashing function {squash!r}.\n"
                "  Its kernels are compiled with those that it has: give it a code in fields"
                " and its sums in squash, of simplecell.engines.lanes, or choose another engine."
            )
        return f.squash_word(family, parameter)

    def build(self) -> Plan:
        """Plan the way up and, if there is a loss, the way down."""
        layers, loss = self.network.layers, self.options.loss
        self.builder.emit(None, f.LOAD, target=self.input)
        for n in range(len(layers)):
            self._up(n)
        if loss is None and layers[-1].squash == "softmax":
            self.builder.emit(None, f.SOFTMAX_NODE, target=self.values[-1])
        stop = len(self.builder.code)
        down_start: list[int] = []
        if loss is not None:
            self._loss(loss)
            for n in reversed(range(len(layers))):
                down_start.insert(0, len(self.builder.code))
                self._down(n)
        return self._finish(stop, down_start)

    def _finish(self, stop: int, down_start: list[int]) -> Plan:
        builder = self.builder
        code = np.array(builder.code + builder.batch_code, np.int64)
        nodes, floats = builder.layout.settle(self.threads)
        # The first row says which instructions run once a batch; the others, where a layer of
        # maps has its parameters, how many, and where their gradient is in a pack's slot.
        segments = np.array([(len(builder.code), len(code), 0), *builder.segments], np.int64)
        phases = np.array([0, *builder.barriers, len(builder.code)], np.int64)
        tables = (code, nodes, *builder.taps.tables(), segments, self._addresses(), phases)
        return Plan(
            tables,
            tuple(builder.kernels),
            stop,
            self.values[-1],
            self.values,
            down_start,
            floats,
            builder.slot_floats,
            self.wide > 0,
            self._stages(tables),
        )

    def _stages(self, tables: Tables) -> Stages | None:
        """Cut what one pack takes: in use, in training, and of one image with channels last."""
        options, lanes = self.options, self.builder.lanes
        learns_alone = options.loss is not None and lanes == 1
        whole = options.traced or options.curved or self.builder.barriers or learns_alone
        if self.threads == 1 or whole or (self.wide and (lanes > 1 or options.loss is not None)):
            return None
        count = [
            lanes * count_layer(layer, below).connections
            for layer, below in zip(self.network.layers, self.network.inputs, strict=True)
        ]
        pieces = 1 if options.loss is not None else EACH
        parts = pieces * min(self.threads, TOGETHER)
        return cut(tables, len(self.builder.code), self.builder.kernels, count, parts)

    def _addresses(self) -> Numbers:
        """Give the address of each of the plan's kernels, from place 1 on."""
        prepare(self.builder.kernels, self.options.loss is not None)
        return np.array([0, *(kernel.address for kernel in self.builder.kernels)], np.int64)

    def _up(self, n: int) -> None:
        squash, context = self._squash_word(n), self.sites[n]
        if squash == f.SOFTMAX:
            # It comes with the loss, or after the last layer.
            squash = f.IDENTITY
        context.words["squash"] = f.IDENTITY if self.options.traced else squash
        if self.wide and n == 0:
            self.builder.emit(
                channels.ENTRY, channels.ENTER, source=self.input, target=self.entered
            )
        elif self.wide and n == self.wide:
            self._turn(channels.LEAVE)
        self.layers[n].up(context)
        if self.options.traced:
            self.builder.emit(None, f.SQUASH_NODE, target=context.target, squash=squash)

    def _loss(self, loss: str) -> None:
        weight = spans(self.network)[1] + odds_at(self.layers[-1], loss)
        squash = self._squash_word(len(self.layers) - 1)
        target = self.values[-1]
        self.builder.emit(None, LOSS_KINDS[loss], target=target, weight=weight, squash=squash)

    def _down(self, n: int) -> None:
        self.layers[n].down(self.sites[n])
        if self.wide and n == self.wide:
            self._turn(channels.RETURN)

    def _turn(self, kind: int) -> None:
        """Copy maps from the layers with channels last to those that read everything, or back."""
        source, target = self.values[self.wide - 1], self.left
        self.builder.emit(channels.ENTRY, kind, source=source, target=target)


def channels_planned(network: Network, lanes: int, options: Options) -> list[LayerPlan[Layer]]:
    """Give the plans of the first layers that run with channels last, if any do.

    What shows or squares single values, and what meets, is planned in packs.
    """
    plans = layer_plans(network, lanes)
    meets = options.learning and any(plan.meets for plan in plans)
    return [] if options.traced or options.curved or meets else channels_last(plans)
