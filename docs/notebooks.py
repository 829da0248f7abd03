"""Run the notebooks of examples/ and store what they print and draw.

`make docs` runs it. A notebook that is read on GitHub shows its pictures at once. What a machine
adds of its own (times, names of cells' runs) is left out, so that a second run changes little.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[1] / "examples"


def executed(path: Path) -> str:
    """Run a notebook from its first cell to its last; give it with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, record_timing=False, coalesce_streams=True).execute()
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell.id = f"cell-{number}"
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop("image/jpeg", None)  # the PNG beside it is the same
            if "the studio's page" in data.get("text/plain", ""):
                # A live page lives while its notebook runs; stored, it would be half a megabyte.
                output["data"] = {"text/plain": data["text/plain"]}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def main() -> None:
    """Run every notebook."""
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        path.write_text(executed(path), "utf-8")
        print(f"ran {path.relative_to(EXAMPLES.parent)}")


if __name__ == "__main__":
    main()
