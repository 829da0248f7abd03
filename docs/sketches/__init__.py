"""A picture for each idea of the four parts, in both languages: one file for each page.

Each file has `WORDS`, the same names in both languages, and `SKETCHES`, its pictures by name;
`docs/sketch.py` writes them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
