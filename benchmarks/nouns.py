"""Count the files of the package that know each layer by its name.

    python benchmarks/nouns.py [folder]

`text` counts files in which the word stands anywhere, as `grep -rlw` does; `code` counts files
whose code uses the name, so that a docstring or a message does not count. The second is what has
to be changed together with a layer. Both are given for the lanes engine, which is one room of its
own, apart from the rest.
"""

import ast
import re
import sys
from pathlib import Path

LAYERS = ("Conv", "Combine", "Local", "Subsample", "Pool", "GlobalPool", "Dense", "RBF")
LANES = "engines/lanes/"


def names(path: Path) -> set[str]:
    """Give the names that a file's code uses, imports or defines."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def main(folder: Path) -> None:
    """Print a row for each layer, and how many lines ask what a layer is."""
    files = sorted(folder.rglob("*.py"))
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    used = {path: names(path) for path in files}
    print(f"{'layer':<10} {'text':>5} {'code':>5} {'apart':>6} {'lanes':>6}")
    for layer in LAYERS:
        word = re.compile(rf"\b{layer}\b")
        code = [path for path in files if layer in used[path]]
        lanes = [path for path in code if LANES in path.as_posix()]
        apart = [
            path
            for path in code
            if path.stem != layer.lower() and "layers" not in path.parts and path not in lanes
        ]
        text = sum(bool(word.search(found)) for found in texts.values())
        print(f"{layer:<10} {text:>5} {len(code):>5} {len(apart):>6} {len(lanes):>6}")
    asked = re.compile(rf"isinstance\(.*\b({'|'.join(LAYERS)})\b|case ({'|'.join(LAYERS)})\(")
    lines = {path: len(re.findall(asked, found)) for path, found in texts.items()}
    outside = {path: n for path, n in lines.items() if n and LANES not in path.as_posix()}
    all_files = sum(map(bool, lines.values()))
    print(f"lines that ask what a layer is: {sum(lines.values())} in {all_files} files;")
    print(f"outside lanes: {sum(outside.values())} in {len(outside)} files")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "src/simplecell"))
