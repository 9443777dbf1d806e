#!/usr/bin/env python3
"""Files stay within 400 lines and functions within 60; no machine's paths; no test sleeps."""
import re

import lint

FILE_LINES = 400
FUNCTION_LINES = 60
# A function that is one table is as long as what it lists.
TABLES = {"table", "describe"}
TEXT = {".hpp", ".cpp", ".md", ".py", ".sh", ".txt", ".cmake", ".json"}
MACHINE_PATH = re.compile(r"(?<![\w./-])/(work|root|home)(/|\b)")
SLEEPING = re.compile(r"\b(sleep_for|sleep_until|u?sleep|nanosleep)\s*\(")
# These open a brace that is no function's: what is inside them is looked at on its own.
SCOPE = re.compile(r"(^|\W)(namespace|class|struct|union|enum|extern)\b[^()=]*$")


def functions(text):
    """(first line, lines) of each function: an outermost brace that follows a parenthesis.

    The text is free of comments and strings. Braces in macros are not looked at.
    """
    text = re.sub(r"^[ \t]*#(?:.*\\\n)*.*", lambda m: re.sub(r"[^\n]", " ", m.group()), text,
                  flags=re.M)
    head, open_braces, start = 0, [], None  # open_braces: "scope", "function" or "other"
    for match in re.finditer(r"[{};]", text):
        at = match.start()
        if match.group() == "{":
            before = text[head:at]
            outer = "function" not in open_braces
            if outer and SCOPE.search(before) and "operator" not in before:
                open_braces.append("scope")
            elif outer and re.search(r"\)", before) and not before.rstrip().endswith(("=", ",")):
                open_braces.append("function")
                start = head + len(before) - len(before.lstrip())
                name = re.match(r"[^(]*?(\w*)\s*\(|", before).group(1)
            else:
                open_braces.append("other")
        elif match.group() == "}" and open_braces:
            if open_braces.pop() == "function" and name not in TABLES:
                yield text.count("\n", 0, start) + 1, text.count("\n", start, at) + 1
        head = at + 1


def check(root):
    for path in lint.files(root, TEXT):
        text = (root / path).read_text()
        lines = text.count("\n")
        if path.suffix in lint.SOURCE_SUFFIXES and lines > FILE_LINES:
            yield f"{path}:{lines}: the file is longer than {FILE_LINES} lines"
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE_PATH.search(line) and path.parts[:2] != ("tests", "lint"):
                yield f"{path}:{number}: a path of one machine"
        if path.suffix in lint.SOURCE_SUFFIXES:
            code = lint.without_comments(text, strings=True)
            for first, length in functions(code):
                if length > FUNCTION_LINES:
                    yield f"{path}:{first}: the function is longer than {FUNCTION_LINES} lines"
            for number, line in enumerate(code.splitlines(), 1):
                if path.parts[0] == "tests" and SLEEPING.search(line):
                    yield f"{path}:{number}: a test sleeps"


LONG_BODY = "  f();\n" * FUNCTION_LINES
BAD = {
    "src/core/long.cpp": ("// line\n" * (FILE_LINES + 1),
                          ["401: the file is longer than 400 lines"]),
    "src/core/function.cpp": (
        "namespace a {\nstruct s {\n  int x = 0;\n  s() : x{1} {}\n  int g() {\n" + LONG_BODY +
        "  }\n};\n}  // namespace a\n" + "struct t {\n" + "  int y;\n" * 100 + "};\n",
        ["5: the function is longer than 60 lines"]),
    "docs/guide.md": ("see /" "home/me/x\n", ["1: a path of one machine"]),
    "tests/core/x_test.cpp": ("void f() {\n  std::this_thread::sleep_for(1s);\n  usleep(3);\n}\n",
                              ["2: a test sleeps", "3: a test sleeps"]),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
