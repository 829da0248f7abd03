"""Wide layers, channels last: a vector is sixteen maps at one pixel, image after image.

    u[i,j,m] = sum over p, q, c of k[p,q,c,m] * x[i*sh+p, j*sw+q, c] + b[m]               D9
    dx[i*sh+p, j*sw+q, c] += sum over m of k[p,q,c,m] * du[i,j,m]                         D15
    dk[p,q,c,m] = sum over i, j of x[i*sh+p, j*sw+q, c] * du[i,j,m]                       D13

k is w with its maps innermost. Where a layer has sixteen maps or more, all three are products of
matrices that stand in memory already: of a row of the kernel, the inputs (q, c) of a pixel are
neighbours. So one kind of tile serves all of them: r numbers times v vectors. A number that is
read serves v vectors and a vector r pixels, where in a pack of images every map reads all maps
below once more; and as many images are reckoned as there are, not sixteen.

Maps come in, and go to the layers that read everything, by way of `turn_block`.
"""

from simplecell.compile import carray, jit
from simplecell.engines.lanes.entry import Entry
from simplecell.engines.lanes.layout import (
    BASE,
    BELOW,
    BIAS,
    EXTRA,
    FACTS,
    FAR,
    FIRST,
    GRADIENT,
    HEIGHT,
    IDENTITY,
    IMAGES,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    KIND,
    LANE_COUNT,
    LANES,
    LEDGER,
    MAPS,
    NODES,
    PAD_LEFT,
    PAD_TOP,
    RELU,
    SCRATCH,
    SOURCE,
    SQUASH,
    STEP,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TARGET,
    WEIGHT,
    WIDTH,
    Address,
    Floats,
    Numbers,
)
from simplecell.engines.lanes.product import add_products
from simplecell.engines.lanes.shuffle import turn_block
from simplecell.engines.lanes.squash import ONE, ZERO, copy_run, slope_run, squash_run
from simplecell.engines.lanes.tiles import BLOCK, VECTORS, tiles
from simplecell.engines.lanes.vector import load, load_live, splat, store, store_live

ENTER, LEAVE, RETURN, PAD, KERNEL, TURNED, UP, GRADIENT_OF, DOWN = range(9)
"""The kinds of instructions of this kernel."""


@jit
def enter(memory: Floats, x: Numbers, y: Numbers, images: int) -> None:
    """Copy the maps of a pack, or of one image, to channels last."""
    maps, pixels, lanes, step = x[MAPS], x[HEIGHT] * x[WIDTH], x[LANE_COUNT], x[STEP]
    if maps == 1 and lanes == 1:
        copy_run(memory, x[BASE], y[BASE], pixels)
        return
    whole = pixels // LANES * LANES if maps == 1 and lanes == LANES else 0
    for n in range(0, whole, LANES):
        turn_block(memory, x[BASE] + n * step, step, memory, y[BASE] + n, pixels)
    for image in range(images):
        out = y[BASE] + image * pixels * maps
        for n in range(whole, pixels):
            for c in range(maps):
                memory[out + n * maps + c] = memory[x[BASE] + (c * pixels + n) * step + image]


@jit
def leave(memory: Floats, x: Numbers, y: Numbers, back: bool) -> None:
    """Copy maps from channels last, x, to a matrix (features, images), y; or back."""
    maps, pixels, step = x[MAPS], x[HEIGHT] * x[WIDTH], y[STEP]
    for n in range(pixels):
        for c in range(0, maps, LANES):
            at, to = x[BASE] + n * maps + c, y[BASE] + (c * pixels + n) * step
            if x[LANE_COUNT] == LANES and back:
                turn_block(memory, to, pixels * step, memory, at, maps * pixels)
            elif x[LANE_COUNT] == LANES:
                turn_block(memory, at, maps * pixels, memory, to, pixels * step)
            else:
                for k in range(LANES):
                    if back:
                        memory[at + k] = memory[to + k * pixels * step]
                    else:
                        memory[to + k * pixels * step] = memory[at + k]


@jit
def pad(memory: Floats, op: Numbers, x: Numbers, wide: Numbers, images: int) -> None:
    """Copy x into the middle of wider maps, whose border is 0."""
    length, line = x[WIDTH] * x[MAPS], wide[WIDTH] * wide[MAPS]
    for image in range(images):
        for i in range(x[HEIGHT]):
            row = (image * wide[HEIGHT] + i + op[PAD_TOP]) * line + op[PAD_LEFT] * wide[MAPS]
            at = x[BASE] + (image * x[HEIGHT] + i) * length
            copy_run(memory, at, wide[BASE] + row, length)


@jit
def lay_out(memory: Floats, w: Floats, op: Numbers, k: Numbers, scratch: int) -> None:
    """Write w[m,c,p,q] as k[p,q,c,m], sixteen maps and sixteen of their weights at a time."""
    places, channels, maps = k[HEIGHT], k[WIDTH], k[MAPS]
    own = places * channels
    for m in range(0, maps, LANES):
        for n in range(0, own, LANES):
            turn_block(w, op[WEIGHT] + m * own + n, own, memory, scratch, LANES)
            for t in range(min(LANES, own - n)):
                c, place = (n + t) // places, (n + t) % places
                to = k[BASE] + (place * channels + c) * maps + m
                store(load(1, memory, scratch + t * LANES, 0), memory, to, 0)


@jit
def gather(
    memory: Floats, op: Numbers, dk: Numbers, scratch: int, g: Floats, places: int, channels: int
) -> None:
    """Write the gradient dk[p,q,c,m] as dw[m,c,p,q]: what `lay_out` does, backwards."""
    maps, own = dk[MAPS], places * channels
    for m in range(0, maps, LANES):
        for n in range(0, own, LANES):
            live = min(LANES, own - n)
            for t in range(live):
                c, place = (n + t) // places, (n + t) % places
                at = dk[BASE] + (place * channels + c) * maps + m
                store(load(1, memory, at, 0), memory, scratch + t * LANES, 0)
            block = scratch + LANES * LANES
            turn_block(memory, scratch, LANES, memory, block, LANES)
            for r in range(LANES):
                row = load_live(memory, block + r * LANES, live)
                store_live(row, g, op[GRADIENT] + (m + r) * own + n, 0, live)


@jit
def turned(memory: Floats, k: Numbers, back: Numbers) -> None:
    """Write k[p,q,c,m] as back[p,q,m,c], for the way down."""
    channels, maps = k[WIDTH], k[MAPS]
    for place in range(k[HEIGHT]):
        at = place * channels * maps
        for c in range(0, channels, LANES):
            for m in range(0, maps, LANES):
                source, target = k[BASE] + at + c * maps + m, back[BASE] + at + m * channels + c
                turn_block(memory, source, maps, memory, target, channels)


@jit
def up(
    memory: Floats, w: Floats, op: Numbers, x: Numbers, u: Numbers, k: Numbers, images: int
) -> None:
    """Sum the inputs of every map at every pixel, then squash.

    u[i,j,m] = sum over p, q, c of k[p,q,c,m] * x[i*sh+p, j*sw+q, c] + b[m],  x = f(u)
    """
    maps, kh, channels = u[MAPS], op[KERNEL_HEIGHT], x[MAPS]
    terms, line = op[KERNEL_WIDTH] * channels, x[WIDTH] * channels
    relu = op[SQUASH] == RELU
    for image in range(images):
        x_at = x[BASE] + image * x[HEIGHT] * line
        u_at = u[BASE] + image * u[HEIGHT] * u[WIDTH] * maps
        m = 0
        while m < maps:
            vectors = VECTORS if maps - m >= BLOCK else 1
            kernel = (k[BASE] + m, terms * maps, maps, 0)
            for i in range(u[HEIGHT]):
                at = x_at + i * op[STRIDE_HEIGHT] * line
                pixels = (at, line, 1, op[STRIDE_WIDTH] * channels)
                to = u_at + i * u[WIDTH] * maps + m
                bias = op[BIAS] + m
                tiles(
                    u[WIDTH], vectors, memory, pixels, memory, kernel, kh, terms,
                    w, bias, 0, memory, to, maps, relu,
                )  # fmt: skip
            m += vectors * LANES
        if not relu and op[SQUASH] != IDENTITY:
            squash_run(memory, u_at, u[HEIGHT] * u[WIDTH] * maps, op[SQUASH])


@jit
def add_gradient(
    memory: Floats, op: Numbers, x: Numbers, u: Numbers, dk: Numbers, images: int
) -> None:
    """Sum the gradient of kernels over a pack's images.

    dk[p,q,c,m] = sum over i, j of x[i*sh+p, j*sw+q, c] * du[i,j,m]
    """
    maps, channels, width = u[MAPS], x[MAPS], u[WIDTH]
    terms, line = op[KERNEL_WIDTH] * channels, x[WIDTH] * channels
    for n in range(op[KERNEL_HEIGHT] * terms * maps):
        memory[dk[BASE] + n] = ZERO
    for image in range(images):
        x_at = x[BASE] + image * x[HEIGHT] * line
        u_at = u[BASE] + image * u[HEIGHT] * width * maps
        m = 0
        while m < maps:
            vectors = VECTORS if maps - m >= BLOCK else 1
            deltas = (u_at + m, width * maps, maps, 0)
            for p in range(op[KERNEL_HEIGHT]):
                pixels = (
                    x_at + p * line,
                    op[STRIDE_HEIGHT] * line,
                    op[STRIDE_WIDTH] * channels,
                    1,
                )
                to = dk[BASE] + p * terms * maps + m
                tiles(
                    terms, vectors, memory, pixels, memory, deltas, u[HEIGHT], width,
                    memory, to, maps, memory, to, maps, False,
                )  # fmt: skip
            m += vectors * LANES


@jit
def add_biases(memory: Floats, u: Numbers, g: Floats, g_at: int, images: int) -> None:
    """Sum the gradient of biases: db[m] = sum over images, i, j of du[i,j,m]."""
    maps = u[MAPS]
    for m in range(0, maps, LANES):
        total = splat(1, ZERO)
        for n in range(images * u[HEIGHT] * u[WIDTH]):
            total = add_products(total, ONE, memory, u[BASE] + n * maps + m, 0)
        store(total, g, g_at + m, 0)


@jit
def down(
    memory: Floats,
    op: Numbers,
    x: Numbers,
    u: Numbers,
    back: Numbers,
    scratch: int,
    images: int,
    height: int,
    width: int,
) -> None:
    """Give the maps below their delta: height and width are those of the padded maps.

    dx[i*sh+p, j*sw+q, c] += sum over m of k[p,q,c,m] * du[i,j,m],  du below = f'(u below) * dx
    """
    maps, channels, kw = u[MAPS], x[MAPS], op[KERNEL_WIDTH]
    sh, pixel = op[STRIDE_HEIGHT], op[STRIDE_WIDTH] * channels
    for image in range(images):
        u_at = u[BASE] + image * u[HEIGHT] * u[WIDTH] * maps
        for n in range(height * width * channels):
            memory[scratch + n] = ZERO
        for place in range(op[KERNEL_HEIGHT] * kw):
            p, q = place // kw, place % kw
            c = 0
            while c < channels:
                vectors = VECTORS if channels - c >= BLOCK else 1
                kernel = (back[BASE] + place * maps * channels + c, 0, channels, 0)
                for i in range(u[HEIGHT]):
                    deltas = (u_at + i * u[WIDTH] * maps, 0, 1, maps)
                    to = scratch + ((i * sh + p) * width + q) * channels + c
                    tiles(
                        u[WIDTH], vectors, memory, deltas, memory, kernel, 1, maps,
                        memory, to, pixel, memory, to, pixel, False,
                    )  # fmt: skip
                c += vectors * LANES
        length = x[WIDTH] * channels
        for i in range(x[HEIGHT]):
            dx = scratch + ((i + op[PAD_TOP]) * width + op[PAD_LEFT]) * channels
            x_at = x[BASE] + (image * x[HEIGHT] + i) * length
            slope_run(memory, dx, x_at, length, op[BELOW])


def channels(
    memory: Address,
    w: Address,
    slot: Address,
    op: Address,
    here: Address,
    taps: Address,
    ranges: Address,
    readers: Address,
) -> None:
    """Carry out the instruction at op."""
    memory, w, slot = carray(memory, FAR), carray(w, FAR), carray(slot, FAR)
    op, here = carray(op, FAR), carray(here, NODES)
    x, u, extra = here[op[SOURCE]], here[op[TARGET]], here[op[EXTRA]]
    images, kind, scratch = here[FACTS, IMAGES], op[KIND], here[op[SCRATCH], BASE]
    if kind == UP:
        up(memory, w, op, x, u, extra, images)
    elif kind == KERNEL and here[FACTS, FIRST]:
        lay_out(memory, w, op, extra, scratch)
    elif kind == TURNED and here[FACTS, FIRST]:
        turned(memory, x, extra)
    elif kind == ENTER:
        enter(memory, x, u, images)
    elif kind in (LEAVE, RETURN):
        leave(memory, x, u, kind == RETURN)
    elif kind == PAD:
        pad(memory, op, x, extra, images)
    elif kind == GRADIENT_OF:
        add_gradient(memory, op, x, u, extra, images)
        gather(memory, op, extra, scratch, slot, extra[HEIGHT], extra[WIDTH])
        add_biases(memory, u, slot, op[GRADIENT] + extra[HEIGHT] * extra[WIDTH] * u[MAPS], images)
    elif kind == DOWN:
        wide = here[op[LEDGER]]
        down(memory, op, x, u, extra, scratch, images, wide[HEIGHT], wide[WIDTH])


ENTRY = Entry(channels)
