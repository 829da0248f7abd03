"""Files of other projects in the site are what their makers published."""

import hashlib
import tomllib
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "docs" / "vendor"


def test_vendored_files_are_those_that_are_named() -> None:
    told = tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8"))
    for entry in told.values():
        found = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(found).hexdigest() == entry["sha256"]
        assert (VENDOR / entry["licence"].split(", ")[1]).is_file()
        assert entry["version"] in entry["source"]
    licensed = {entry["licence"].split(", ")[1] for entry in told.values()}
    files = {entry["file"] for entry in told.values()}
    assert {path.name for path in VENDOR.iterdir()} == files | licensed | {"vendor.toml"}
