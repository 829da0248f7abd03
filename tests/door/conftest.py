"""The calls stand in a file of their own, `calls.py`, which other tools read as well."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
