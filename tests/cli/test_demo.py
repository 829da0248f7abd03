"""What `make demo` leaves reads the digits that a newcomer tries first: clean print."""

from pathlib import Path

import matplotlib
import pytest
from PIL import Image, ImageDraw, ImageFont

from simplecell.cli.main import main

FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10", "cmss10", "cmtt10")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "run"
    with pytest.raises(SystemExit) as end:
        main(["train", "digits", "--out", str(folder)])
    assert end.value.code in (0, None)
    return folder


def printed(digit: int, font: str, folder: Path) -> Path:
    """Draw a digit, black on white."""
    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    page = Image.new("L", (110, 110), 255)
    whole = ImageFont.truetype(str(file), 72)
    ImageDraw.Draw(page).text((55, 55), str(digit), 0, whole, anchor="mm")
    path = folder / f"{font}-{digit}.png"
    page.save(path)
    return path


def test_the_demo_errs_no_more_on_its_own_test_part(run: Path, simplecell) -> None:
    assert simplecell("evaluate", run, "digits", "--json").json["errors"] <= 8


@pytest.mark.parametrize("font", FONTS)
def test_ten_of_ten_clean_printed_digits_are_read(
    run: Path, font: str, tmp_path: Path, simplecell
) -> None:
    files = [printed(digit, font, tmp_path) for digit in range(10)]
    found = simplecell("predict", run, *files, "--json").json["predictions"]
    assert "".join(one["class"] for one in found) == "0123456789"
