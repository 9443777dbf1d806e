#!/usr/bin/env python3
"""Every source file is formatted as .clang-format says."""
import pathlib
import re
import subprocess

import lint

CLANG_FORMAT = "clang-format"
STYLE = pathlib.Path(__file__).resolve().parents[2] / ".clang-format"


def check(root):
    sources = [str(path) for path in lint.files(root)]
    run = subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", f"--style=file:{STYLE}", *sources],
                         cwd=root, stderr=subprocess.PIPE, text=True, check=False)
    wrong = re.findall(r"^(.+?):(\d+):\d+: error: ", run.stderr, flags=re.M)
    for path, line in dict.fromkeys(wrong):
        yield f"{path}:{line}: not formatted"
    if run.returncode != 0 and ": error: " not in run.stderr:
        yield f"{CLANG_FORMAT}: {run.stderr}"


BAD = {"src/core/x.cpp": ("int a;\nint  b;\n", ["2: not formatted"]),
       "src/core/y.cpp": ("int a;\n", [])}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
