#!/usr/bin/env python3
"""Finds what no compiler can: a hook that is misspelt and unlisted, and so would never be called.

Every function that is declared or defined with a name `on_...` must be in the table HAWSER_HOOKS of
include/hawser/hook.hpp, or among the names below that are no hooks.
"""
import pathlib
import re

import lint

# Names of ours that no plug-in has.
NO_HOOKS = {
    "on_transition": "edge: registers who is told of every transition",
    "on_acknowledged": "edge: registers who is told of acknowledgments",
    "on_call": "caller: writes a request, on no event of the link",
    "on_peer_close": "connection: the peer's Close has come",
}

TABLE = pathlib.Path("include/hawser/hook.hpp")
# A name behind `.` or `->` is only used: its declaration is looked at.
NAME = re.compile(r"(?<![\w.>])(on_\w+)\s*\(")


def hooks(root):
    """The names of the table: on_message for X(message, ...)."""
    table = (root / TABLE).read_text().split("#define HAWSER_HOOKS(X)")[1]
    rows = re.match(r"(?:.*\\\n)*.*", table).group()
    return {"on_" + name for name in re.findall(r"\bX\(\s*(\w+)\s*,", rows)}


def cpp_of_markdown(text):
    """The ```cpp blocks of a document; all other lines are blank."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside and line.strip() in ("```cpp", "```c++")
            line = ""
        lines.append(line if inside else "")
    return "\n".join(lines)


def check(root):
    known = hooks(root) | set(NO_HOOKS)
    for path in lint.files(root, {".hpp", ".cpp", ".md"}):
        # compile_fail holds the misspelt hooks that a compiler finds.
        if path == TABLE or path.parts[:2] == ("tests", "compile_fail"):
            continue
        text = (root / path).read_text()
        text = lint.without_comments(cpp_of_markdown(text) if path.suffix == ".md" else text, True)
        for number, line in enumerate(text.splitlines(), 1):
            for name in NAME.findall(line):
                if name not in known:
                    yield f"{path}:{number}: {name} is no hook of {TABLE}"


BAD = {
    str(TABLE): ("#define HAWSER_HOOKS(X) \\\n  X(open, void, const open_info&, ) \\\n"
                 "  X(message, verdict, const inbound&, verdict::pass)\n"
                 "#define OTHER(X) X(close, int, int, )\n", []),
    "behaviors/quiet.hpp": ("// on_opne() in a comment\nvoid on_open(context&);\n"
                            "void on_opne(context&);\nlog(\"on_opne()\");\nvoid on_close();\n",
                            [f"3: on_opne is no hook of {TABLE}",
                             f"5: on_close is no hook of {TABLE}"]),
    "README.md": ("on_mesage() in words\n```cpp\nverdict on_mesage(context&);\n```\non_mesage()\n"
                  "```sh\non_mesage()\n```\n", [f"3: on_mesage is no hook of {TABLE}"]),
    "src/edge/edge.cpp": ("void edge::on_transitoin() {}\nedge.on_anything(f);\n",
                          [f"1: on_transitoin is no hook of {TABLE}"]),
    "tests/compile_fail/plugin/misspelt.cpp": ("void on_mesage();\n", []),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
