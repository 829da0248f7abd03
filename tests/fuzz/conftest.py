"""The formats and their mutations stand in files of their own, which `long.py` reads as well."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
