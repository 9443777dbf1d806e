#!/usr/bin/env python3
"""Takes out of docs/*.md what must compile: extract.py OUT writes one file a program, and names it.

A ```cpp block behind a line `<!-- runs -->` is a whole program that ends with 0; one that includes a
header which is not in this tree is left out. With --check: the tutorial's adapter is within its
bound, and has the hooks that docs/adapter.md shows.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "adapters/tutorial/adapter.hpp"
LINES = 80
BLOCK = re.compile(r"(?P<mark><!-- runs -->\n)?```cpp\n(?P<text>.*?)```", re.S)


def missing(text):
    """The first header of ours that the text includes and the tree lacks."""
    for name in re.findall(r"#include <hawser/([\w/.]+)>", text):
        folder = ROOT if name.startswith(("behaviors/", "adapters/")) else ROOT / "include/hawser"
        if not (folder / name).exists():
            return name
    return None


def programs():
    """(name, text) of each program."""
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
        for number, block in enumerate((b for b in blocks if b["mark"]), 1):
            if not missing(block["text"]):
                yield f"{page.stem}_{number}", block["text"]


def extract(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in programs():
        path = folder / f"{name}.cpp"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        print(path)


def check():
    """Complaints about the tutorial."""
    adapter = TUTORIAL.read_text(encoding="utf-8")
    count = len(adapter.splitlines())
    if count >= LINES:
        yield f"{TUTORIAL.name} has {count} lines, {LINES} is the bound"
    known = {" ".join(line.split()) for line in adapter.splitlines()}
    page = (ROOT / "docs/adapter.md").read_text(encoding="utf-8")
    if "[adapters/tutorial](../adapters/tutorial/adapter.hpp)" not in page:
        yield "docs/adapter.md does not lead to the tutorial's adapter"
    for piece in re.findall(r"```cpp\n(.*?)```", page, re.S):
        if "#include" in piece or "client.call" in piece:
            continue
        for name in re.findall(r"\bon_\w+\(", piece):
            if not any(name in line for line in known):
                yield f"docs/adapter.md shows {name}), which the adapter lacks"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        complaints = list(check())
        print("\n".join(complaints) or "nothing to complain about")
        sys.exit(bool(complaints))
    extract(options.folder)


if __name__ == "__main__":
    main()
