"""The wheel and the sdist, installed outside the checkout, under every Python that is supported.

    pip install nox uv
    nox                        all that follows; a Python that this machine lacks is passed over
    nox -s tests-3.14          the newest dependencies
    nox -s oldest              the oldest ones that pyproject.toml names, on the oldest Python
    nox -s sdist               the wheel that is built from the sdist
    nox -s targets             the compiled engine for the host, AVX2 and a baseline
    nox -s oldest -- door -q   these rooms of the tests only, and what else pytest is told

What is tested is installed: the tests are copied to a folder of their own, without src/.
"""

import shutil
import tempfile
from pathlib import Path

import nox

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
ROOMS = ("spec", "formulas", "data", "engines", "train", "features", "estimators", "door", "fuzz")
"""Tests that need nothing but what is installed; the others read the checkout."""
PROJECT = nox.project.load_toml("pyproject.toml")["project"]
TOOLS = [
    told
    for told in PROJECT["optional-dependencies"]["test"]
    if told.partition(">=")[0]
    in ("pytest", "pytest-xdist", "hypothesis", "pandas", "pyarrow", "matplotlib")
]
"""With the bounds of pyproject.toml: without one, the oldest that uv takes is pytest 2.0."""
TARGETS = {
    name: {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""} if name else {}
    for name in ("", "haswell", "generic")
}
"""What the engine is compiled for: the host, AVX2, a baseline; the host's features stay away."""
WHICH = "from simplecell.compile import WIDE, processor; print(processor(), 'AVX-512:', WIDE)"

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "oldest", "sdist"]


def _test(session: nox.Session, built: Path, *how: str) -> None:
    """Install a built file, and run the demo and the tests in a folder of their own."""
    session.install(*how, str(built), *TOOLS)
    rooms = [told for told in session.posargs if told in ROOMS] or list(ROOMS)
    rest = [told for told in session.posargs if told not in ROOMS]
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        (away / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
        for room in rooms:
            shutil.copytree(Path("tests", room), away / "tests" / room)
        shutil.copy(Path("tests", "conftest.py"), away / "tests" / "conftest.py")
        for page in Path("docs").rglob("*.md"):  # some tests try what a page says
            (away / page).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, away / page)
        with session.chdir(away):
            session.run("simplecell", "train", "digits", "--epochs", "1")
            session.run("pytest", "-q", "-n", "2", "tests", *rest)


def _built(session: nox.Session, kind: str) -> Path:
    """Build the wheel or the sdist; give its file."""
    out = Path(session.create_tmp()).resolve() / kind
    shutil.rmtree(out, ignore_errors=True)
    session.install("build")
    session.run("python", "-m", "build", f"--{kind}", "--outdir", str(out))
    return next(path for path in out.iterdir() if path.suffix in (".whl", ".gz"))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Test the wheel with the newest dependencies."""
    _test(session, _built(session, "wheel"))


@nox.session(python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Test the wheel with the oldest dependencies that it says it takes.

    uv takes the oldest of what it is asked for by name, so each is; what they need is the newest.
    """
    _test(
        session, _built(session, "wheel"), "--resolution=lowest-direct", *PROJECT["dependencies"]
    )


@nox.session(python=PYTHONS[0])
def sdist(session: nox.Session) -> None:
    """Test what is built from the sdist."""
    _test(session, _built(session, "sdist"))


@nox.session(python=PYTHONS[0])
def targets(session: nox.Session) -> None:
    """Test the compiled engine for three processors that this one is, or contains.

    Each is said by name, and whether it has AVX-512.
    """
    session.install(".", *TOOLS)
    for told in TARGETS.values():
        session.run("python", "-c", WHICH, env=told)
        session.run("pytest", "-q", "tests/engines/lanes", *session.posargs, env=told)
