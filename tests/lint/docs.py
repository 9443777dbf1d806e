#!/usr/bin/env python3
"""docs/ keeps up with the headers: every option with its default, every error.

options.md has a section `## <struct>` for each aggregate of options, with a table row
`| `name` | default | ... |` for each of its fields and no others. troubleshooting.md names every
value of errc.
"""
import ast
import operator
import re

import lint

OPTIONS = "docs/options.md"
ERRORS = "docs/troubleshooting.md"

# Where the aggregates are that no behavior or adapter owns.
AGGREGATES = {
    "include/hawser/options.hpp": ["options", "limits", "call_options", "offload_options"],
    "include/hawser/core/ws/send_queue.hpp": ["lane_limits"],
    "include/hawser/core/ws/lifecycle.hpp": ["deadlines"],
    "include/hawser/core/ws/offline_queue.hpp": ["offline_options"],
    "include/hawser/tls.hpp": ["tls_options", "tls_server_options"],
    "include/hawser/io/acceptor.hpp": ["acceptor_options"],
    "include/hawser/edge/edge.hpp": ["edge_options"],
    "include/hawser/store/outbox.hpp": ["outbox_limits"],
    "include/hawser/cloud/cloud.hpp": ["cloud_options"],
}
# Options of a class that has a file of its own: how they are called, by file.
NESTED = {"include/hawser/asio.hpp": "inbox::options"}
OWNERS = ["behaviors/*.hpp", "adapters/*/adapter.hpp"]

UNITS = {"nanoseconds": "ns", "microseconds": "us", "milliseconds": "ms", "seconds": "s",
         "minutes": "min", "hours": "h"}
FIELD = re.compile(r"^(?P<type>[\w:][\w:<>,&*()\s]*?[\w>*&])\s+(?P<name>\w+)\s*"
                   r"(?:=\s*(?P<default>.*)|(?P<braces>\{.*\}))?$", re.S)


def body_of(text, struct):
    """What is between the braces of a struct, or None."""
    found = re.search(rf"\bstruct {struct}(?:\s*:[^{{;]*)?\s*\{{", text)
    if not found:
        return None
    depth, at = 1, found.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[found.end():at - 1]


def statements(body):
    """The statements of a body at its own depth."""
    depth, begin = 0, 0
    for at, c in enumerate(body):
        depth += {"{": 1, "}": -1}.get(c, 0)
        if c == ";" and depth == 0:
            yield " ".join(body[begin:at].split())
            begin = at + 1


def fields(text, struct):
    """(name, default as written, "" without one) of each field; None without such a struct."""
    body = body_of(lint.without_comments(text), struct)
    if body is None:
        return None
    found = []
    for statement in statements(body):
        match = FIELD.match(statement)
        if match and not re.match(r"(static|using|enum|struct|friend)\b", statement):
            default = match["default"] or match["braces"] or ""
            found.append((match["name"], default.strip()))
    return found


def number(expression):
    """The value of `std::size_t{16} << 20`, or None."""
    plain = re.sub(r"(?<=\d)'(?=\d)|(?<=\d)(?:[uU]?[lL]{1,2}|[uU])\b", "", expression)
    plain = re.sub(r"(?:std::)?\w+\{(\d+)\}", r"\1", plain)
    steps = {ast.LShift: operator.lshift, ast.Mult: operator.mul, ast.Add: operator.add}

    def value(node):
        if isinstance(node, ast.Constant):
            return node.value
        return steps[type(node.op)](value(node.left), value(node.right))
    try:
        return value(ast.parse(plain, mode="eval").body)
    except (SyntaxError, KeyError, AttributeError):
        return None


def spellings(default, constants):
    """How a default may be written in the table."""
    default = constants.get(default, default)
    time = re.fullmatch(r"std::chrono::(\w+)\((\d+)\)", default)
    if time:
        return {f"{time[2]} {UNITS[time[1]]}"}
    if default.endswith("::zero()"):
        return {"0", "0 s"}
    if default in ("", "{}", "nullptr"):
        written = {"empty", "none", "as below"}
        return written | {"required"} if default == "" else written
    if default in ("true", "false"):
        return {"on" if default == "true" else "off", default}
    if default.startswith('"'):
        return {f"`{default}`", default}
    value = number(default)
    if value is None:
        return {default.split("::")[-1], f"`{default.split('::')[-1]}`"}
    found = {f"{value:,}", str(value)}
    for unit, size in (("KiB", 1 << 10), ("MiB", 1 << 20)):
        if isinstance(value, int) and value and value % size == 0:
            found.add(f"{value // size} {unit}")
    hour = 3_600_000
    if isinstance(value, int) and value and value % hour == 0:
        found.add(f"{value // hour} h")
    return found


def constants_of(root):
    """Named numbers of the headers: max_device_streams."""
    pattern = re.compile(r"inline constexpr \S+ (\w+) = ([^;]+);")
    return dict(pair for path in lint.files(root, {".hpp"}, ["include"])
                for pair in pattern.findall((root / path).read_text()))


def aggregates(root):
    """(file, section, fields) of everything that options.md must tell."""
    for path, structs in AGGREGATES.items():
        text = (root / path).read_text() if (root / path).exists() else ""
        for struct in structs:
            yield path, struct, fields(text, struct)
    for path, section in NESTED.items():
        text = (root / path).read_text() if (root / path).exists() else ""
        yield path, section, fields(text, "options")
    for pattern in OWNERS:
        for path in sorted(root.glob(pattern)):
            text = path.read_text()
            name = path.parent.name if path.name == "adapter.hpp" else path.stem
            shared = re.search(r"using options = (\w+)::options;", text)
            if shared:
                text = next((root / "include/hawser/core").glob(f"*/{shared[1]}.hpp")).read_text()
            found = fields(text, "options")
            if found:
                yield path.relative_to(root), f"{name}::options", found


def sections(text):
    """{section: {field: default}} of options.md."""
    found = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        rows = re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", part, flags=re.M)
        found[part.splitlines()[0].strip().strip("`")] = dict(rows)
    return found


def check_options(root):
    told = sections((root / OPTIONS).read_text())
    constants = constants_of(root)
    for path, section, expected in aggregates(root):
        if expected is None:
            continue  # Not in this tree.
        rows = told.get(section)
        if rows is None:
            yield f"{OPTIONS}:no section `{section}` for {path}"
            continue
        for name, default in expected:
            allowed = spellings(default, constants)
            if name not in rows:
                yield f"{OPTIONS}:{section}: no row for `{name}`"
            elif rows[name] not in allowed:
                yield (f"{OPTIONS}:{section}: `{name}` is {rows[name]}, but {path} says "
                       f"{' or '.join(sorted(allowed))}")
        for name in rows.keys() - dict(expected).keys():
            yield f"{OPTIONS}:{section}: no such field: `{name}`"


def check_errors(root):
    header = lint.without_comments((root / "include/hawser/error.hpp").read_text())
    values = re.search(r"enum class errc \{(.*?)\};", header, re.S)[1]
    text = (root / ERRORS).read_text()
    for name in re.findall(r"\b([a-z]\w*)\s*(?:=\s*\d+)?\s*(?:,|$)", values):
        if f"`{name}`" not in text:
            yield f"{ERRORS}:`{name}` of errc is not there"


def check(root):
    yield from check_options(root)
    yield from check_errors(root)


BAD = {
    "include/hawser/error.hpp": ("enum class errc {\n  gone = 1,  // lost\n  late,\n};\n", []),
    "include/hawser/options.hpp": (
        "inline constexpr std::size_t most = 7'000;\n"
        "struct options {\n  std::string url;\n  std::vector<header> headers = {};\n"
        "  hawser::limits limits = {};\n  std::size_t a = std::size_t{16} << 20;\n"
        "  std::size_t b = most;\n  bool c = true;\n};\n"
        "struct limits {};\nstruct call_options {};\n", []),
    "behaviors/quiet.hpp": (
        "struct quiet : behavior<quiet, on::open> {\n  struct options {\n"
        "    duration idle = std::chrono::seconds(30);  ///< idle;\n"
        "    std::function<double(const outbound&)> cost = {};\n"
        "    quiet::kind what = quiet::kind::ping;\n    std::string word = \"a b\";\n"
        "    void f() const {}\n    static constexpr int x = 3;\n  };\n};\n", []),
    OPTIONS: ("## options\n| `url` | required | |\n| `headers` | none | |\n| `limits` | as below | |\n"
              "| `a` | 16 MiB | |\n| `b` | 7,000 | |\n| `c` | off | |\n| `d` | 1 | |\n"
              "## limits\n## call_options\n"
              "## quiet::options\n| `idle` | 31 s | |\n| `cost` | none | |\n| `word` | `\"a b\"` | |\n",
              ["options: `c` is off, but include/hawser/options.hpp says on or true",
               "options: no such field: `d`",
               "quiet::options: `idle` is 31 s, but behaviors/quiet.hpp says 30 s",
               "quiet::options: no row for `what`"]),
    ERRORS: ("`late`\n", ["`gone` of errc is not there"]),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
