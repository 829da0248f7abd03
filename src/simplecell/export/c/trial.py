"""A C program that runs a header on a few pictures and compares its scores with ours."""

import numpy as np
from numpy.typing import NDArray

from simplecell.export.c.header import Header
from simplecell.export.c.text import array, number

TOLERANCE = 1e-5
"""How far a score may be off, relatively to the largest; what is measured is about 1e-6."""


def write_trial(
    header: Header, file: str, pixels: NDArray[np.uint8], scores: NDArray[np.float32]
) -> str:
    """Write a program that ends with 0 if the header in `file` gives these scores, else with 1.

    Shapes
        pixels (N, C, H, W)      scores (N, classes), as an engine gives them
    """
    name, upper, count = header.name, header.name.upper(), len(pixels)
    largest = max(float(np.abs(scores).max()), 1e-30)
    labels = scores.argmax(axis=1).astype(np.int32)
    return f"""\
/* Does {file} answer here as it did where it was written? Compile and run:

       cc -std=c99 -Wall -Wextra -Werror {file.removesuffix(".h")}_test.c -o {name}_test -lm
       ./{name}_test */

#include <stdio.h>

#include "{file}"

{array("pictures", pixels)}

{array("labels", labels)}

{array("expected", scores.astype(np.float32))}

int main(void)
{{
    float scores[{upper}_CLASSES];
    float furthest = 0.0f;
    int wrong = 0;
    for (int n = 0; n < {count}; n++) {{
        const int label = {name}_predict(pictures + n * {upper}_PIXELS, scores);
        wrong += label != labels[n];
        for (int k = 0; k < {upper}_CLASSES; k++) {{
            const float away = scores[k] - expected[n * {upper}_CLASSES + k];
            if (away > furthest || -away > furthest) {{
                furthest = away < 0.0f ? -away : away;
            }}
        }}
    }}
    furthest /= {number(largest)};
    printf("{count} pictures, %d other answers, furthest score %g of the largest\\n", wrong,
        (double)furthest);
    return wrong > 0 || furthest > {number(TOLERANCE)};
}}
"""
