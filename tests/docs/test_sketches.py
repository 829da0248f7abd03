"""Pictures of the docs: in both languages, for both screens, readable on a phone, nothing cut."""

import re
import sys
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from drawing import DARK, LIGHT, Sheet, tinted
from PIL import Image, ImageFont
from sketch import LANGUAGES, PAGES, PICTURES, sketches
from sketches.axes import Axes

DOCS = Path(__file__).parents[2] / "docs"
SVG = "{http://www.w3.org/2000/svg}"
HAN = re.compile("[\u4e00-\u9fff]")
DRAWN = sorted(
    f"{name}{ending}.svg"
    for page in PAGES
    for name in sketches(page)
    for ending in LANGUAGES.values()
)
PHONE = 340
"""The width of a picture on a phone of 360 pixels."""
SMALLEST = 9


def luminance(colour: str) -> float:
    channels = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("role", ["ink", "quiet", "accent", "second"])
def test_words_have_enough_contrast_on_both_screens(role: str, colours: dict[str, str]) -> None:
    assert contrast(colours[role], colours["paper"]) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_words_and_none_is_left_over(page: str) -> None:
    module = sys.modules[f"sketches.{page}"]
    english, chinese = (module.WORDS[language] for language in LANGUAGES)
    assert list(english) == list(chinese)
    text = (DOCS / "sketches" / f"{page}.py").read_text("utf-8")
    for name in english:
        assert len(re.findall(f"[\"']{name}[\"']", text)) > 2, name
    titles = [chinese[name.partition("-")[2]] for name in sketches(page)]
    assert all(HAN.search(title) for title in titles)


def width(words: str, size: float) -> float:
    """How wide words are set, Chinese a square each, other letters as in a wide typeface."""
    han = len(re.findall("[\u2e80-\uffee]", words))
    other = re.sub("[\u2e80-\uffee]", "", words)
    return size * han + ImageFont.load_default(size).getlength(other)


@pytest.mark.parametrize("name", DRAWN)
def test_no_text_is_cut_or_too_small_on_a_phone(name: str) -> None:
    root = ElementTree.parse(PICTURES / name).getroot()
    _, _, wide, high = (float(n) for n in root.attrib["viewBox"].split())
    assert wide <= PHONE
    assert root.attrib["aria-label"]
    texts = root.findall(f"{SVG}text")
    assert texts or "what-fields" in name
    for text in texts:
        kind = text.attrib["class"].split()
        size = 9 if "small" in kind else 14 if "large" in kind else 11
        assert size * PHONE / max(wide, PHONE) >= SMALLEST
        long = width(text.text or "", size)
        at, y = float(text.attrib["x"]), float(text.attrib["y"])
        left = at - {"start": 0, "middle": long / 2, "end": long}[text.attrib["text-anchor"]]
        assert left > -1, (name, text.text)
        assert left + long < wide + 1, (name, text.text, left + long)
        assert size * 0.7 <= y <= high, (name, text.text)


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_follows_the_screen_and_asks_nobody_for_anything(name: str) -> None:
    text = (PICTURES / name).read_text("utf-8")
    assert "@media(prefers-color-scheme:dark)" in text
    assert set(re.findall(r'(?:href|src)="(\w+):', text)) <= {"data"}
    assert not re.search(r"https?://(?!www\.w3\.org)|<script|\d{4}-\d\d-\d\d", text)


def test_pictures_are_small_and_each_is_on_a_page_of_its_language() -> None:
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < 4e6
    for language, ending in LANGUAGES.items():
        folder = DOCS if language == "en" else DOCS / language
        pages = "".join(file.read_text("utf-8") for file in folder.glob("*.md"))
        for page in PAGES:
            for name in sketches(page):
                assert f"pictures/{name}{ending}.svg)" in pages


@pytest.mark.parametrize(
    ("page", "name"),
    [("what", "what-weights"), ("learns", "learns-places"), ("errors", "errors-gain")],
)
def test_what_is_stored_is_what_the_code_draws(page: str, name: str) -> None:
    for language, ending in LANGUAGES.items():
        assert sketches(page)[name](language).svg() == (
            PICTURES / f"{name}{ending}.svg"
        ).read_text("utf-8")


def test_the_sum_in_the_picture_of_a_kernel_s_gradient_is_the_gradient() -> None:
    from sketches.learns import DELTA, IMAGE

    from simplecell.formulas.conv import conv_backward

    kernel = np.zeros((1, 1, 3, 3))
    _, dw, _ = conv_backward(IMAGE[None, None].astype(float), kernel, DELTA[None, None])
    root = ElementTree.parse(PICTURES / "learns-places.svg").getroot()
    strong = [t.text or "" for t in root.findall(f"{SVG}text") if t.attrib["class"] == "strong"]
    shown = [int(t.replace("−", "-")) for t in strong if re.fullmatch("−?[0-9]+", t)]
    assert shown == dw.ravel().tolist()


def test_axes_put_numbers_where_they_belong() -> None:
    axes = Axes(Sheet(100, 100), (10, 20, 80, 60), (1, 100), (0, 4), logarithmic="x")
    assert [axes.across(x) for x in (1, 10, 100)] == [10, 50, 90]
    assert [axes.down(y) for y in (0, 1, 4)] == [80, 65, 20]


def test_a_cell_is_as_strong_as_its_number_is_far_from_nought() -> None:
    pixels = np.asarray(Image.open(BytesIO(tinted(np.array([[-2.0, 0.0, 1.0]])))))
    assert pixels[0, :, 3].tolist() == [255, 0, 128]
    assert pixels[0, 0, 2] > pixels[0, 0, 0], "below nought is blue"
    assert pixels[0, 2, 0] > pixels[0, 2, 2], "above nought is red"
