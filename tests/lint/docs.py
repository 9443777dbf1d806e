#!/usr/bin/env python3
"""docs/ keeps up with the tree: options with their defaults, errors, the program's options, names.

options.md has a section `## <struct>` for each aggregate of options, with a table row
`| `name` | default | ... |` for each of its fields and no others. troubleshooting.md names every
value of each enumeration of errors. cli.md has a row for each option of the program, in the section of its subcommand.
In architecture.md what stands between backticks is a file or folder of the tree, or a name that is
in the code of the file named next in the same step, row or paragraph (of the last one, if none
follows). The folders of README's map are there, links lead somewhere, the glossary is sorted, and
pages for people in a hurry stay short.
"""
import ast
import operator
import re

import lint

OPTIONS = "docs/options.md"
ERRORS = "docs/troubleshooting.md"
MANUAL = "docs/cli.md"
WALKS = "docs/architecture.md"
GLOSSARY = "docs/glossary.md"
README = "README.md"
# The most lines of a page.
BOUNDS = {README: 149, WALKS: 150}
PAGES = ["*.md", "docs/*.md", "bench/*.md", "adapters/*/*.md"]

# The section of the manual for the options that a file adds; of X_command.cpp it is `hawser X`.
SHARED_OPTIONS = {"main.cpp": "Global options", "tls_flags.cpp": "TLS options"}
OPTION = re.compile(r'\b(?:add_option|add_flag|set_version_flag)\(\s*"(--[\w-]+)"')

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
    text = (root / ERRORS).read_text()
    told = set(re.findall(r"`(\w*errc::\w+)`", text))
    made = set()
    for errors, values in re.findall(r"enum class (\w*errc) \{(.*?)\};", header, re.S):
        names = re.findall(r"\b([a-z]\w*)\s*(?:=\s*\d+)?\s*(?:,|$)", values)
        made |= {f"{errors}::{name}" for name in names}
    for name in sorted(made - told):
        yield f"{ERRORS}:`{name}` is not there"
    for name in sorted(told - made):
        yield f"{ERRORS}:`{name}` is no error"


def check_manual(root):
    """Each option of the program has a row in the section of who takes it, and no other has one."""
    written = {}
    for part in re.split(r"^## ", (root / MANUAL).read_text(), flags=re.M)[1:]:
        rows = set(re.findall(r"^\| `(--[\w-]+)[ `]", part, flags=re.M))
        written[part.splitlines()[0].strip().replace("`", "")] = rows
    for path in sorted(root.glob("src/cli/*.cpp")):
        code = lint.without_comments(path.read_text())
        taken = set(OPTION.findall(code))
        command = path.stem.removesuffix("_command")
        section = SHARED_OPTIONS.get(path.name, f"hawser {command}")
        rows = written.pop(section, set())
        for name in sorted(taken - rows):
            yield f"{MANUAL}:{section}: no row for `{name}`"
        for name in sorted(rows - taken):
            yield f"{MANUAL}:{section}: `{name}` is no option of {path.relative_to(root)}"
    for section, rows in written.items():
        for name in sorted(rows):
            yield f"{MANUAL}:{section}: `{name}` is no option of any file"


def blocks(text):
    """(line number, text) of what belongs together: a list item, a table row, a paragraph."""
    first, lines = 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or re.match(r"(\||- |\d+\. |#)", line):
            if lines:
                yield first, "\n".join(lines)
            first, lines = number, []
        if line.strip():
            lines.append(line)
    if lines:
        yield first, "\n".join(lines)


SPAN = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)*(/|\.(hpp|cpp|py|md|txt))|[\w.-]+(/[\w.-]+)+")
NAME = re.compile(r"\w+(::\w+)*(\(\))?")


def name_fault(root, name, file):
    """What is wrong with a name that stands beside this file; None: nothing."""
    if not NAME.fullmatch(name):
        return "is neither a file nor a name"
    if file is None:
        return "stands beside no file"
    if not (root / file).exists():
        return None  # That is told.
    code = lint.without_comments((root / file).read_text(), True)
    words = name.removesuffix("()").split("::")
    return None if all(re.search(rf"\b{w}\b", code) for w in words) else f"is not in {file}"


def check_walks(root):
    """What architecture.md names is there: files in the tree, names in the files beside them."""
    for line, block in blocks((root / WALKS).read_text()):
        if block.startswith("#"):
            continue
        where = f"{WALKS}:{line}"
        spans = SPAN.findall(block)
        paths = [s for s in spans if PATH.fullmatch(s)]
        for path in paths:
            if not (root / path).exists():
                yield f"{where}: there is no {path}"
        files = [at for at, s in enumerate(spans) if s in paths and not (root / s).is_dir()]
        if re.match(r"\d+\. ", block) and not files:
            yield f"{where}: a step that names no file"
        for at, name in enumerate(spans):
            beside = [f for f in files if f > at] or files[-1:]
            fault = name_fault(root, name, spans[beside[0]] if beside else None)
            if name not in paths and fault:
                yield f"{where}: `{name}` {fault}"


def check_map(root):
    """The folders that README names are there."""
    for name in SPAN.findall((root / README).read_text()):
        if name.endswith("/") and not (root / name).is_dir():
            yield f"{README}:there is no folder {name}"


LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)")


def prose(text):
    """The text without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def anchors(text):
    """How the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", prose(text), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def check_links(root):
    for page in sorted(p for pattern in PAGES for p in root.glob(pattern)):
        where = page.relative_to(root)
        for target, anchor in LINK.findall(prose(page.read_text())):
            found = page.parent / target if target else page
            if not found.exists():
                yield f"{where}:a link to {target}, which is not there"
            elif anchor and anchor not in anchors(found.read_text()):
                yield f"{where}:a link to {target}#{anchor}, a heading that is not there"


def check_glossary(root):
    lines = (root / GLOSSARY).read_text().split("\n\n", 1)[1].splitlines()
    words = []
    for line in filter(None, lines):
        entry = re.match(r"- \*\*([^*]+)\*\*", line)
        if entry:
            words.append(entry[1].lower())
        elif words:
            yield f"{GLOSSARY}:what comes after `{words[-1]}` is no entry of one line"
    for before, after in zip(words, words[1:]):
        if before >= after:
            yield f"{GLOSSARY}:`{after}` stands behind `{before}`"


def check_bounds(root):
    for path, most in BOUNDS.items():
        lines = len((root / path).read_text().splitlines())
        if lines > most:
            yield f"{path}:{lines} lines, {most} is the bound"


def check(root):
    for one in (check_options, check_errors, check_manual, check_walks, check_map, check_links,
                check_glossary, check_bounds):
        yield from one(root)


BAD = {
    "include/hawser/error.hpp": (
        "enum class errc {\n  gone = 1,  // lost\n  late,\n};\nenum class ink_errc { dry = 1 };\n"
        "enum class condition { wet };\n", []),
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
    ERRORS: ("`errc::late` `ink_errc::late` `late`\n",
             ["`errc::gone` is not there", "`ink_errc::dry` is not there",
              "`ink_errc::late` is no error"]),
    "src/cli/main.cpp": ('app.set_version_flag("--version", v);\napp.add_option(\n  "--log", x);\n'
                         '// add_flag("--said")\n', []),
    "src/cli/edge_command.cpp": ('sub->add_flag("--follow", y);\nsub->add_option("url", z);\n', []),
    MANUAL: ("# x\n## Global options\n| `--version` | |\n| `--old` | |\n"
             "## `hawser edge`\n| `--follow` | |\n`--not-a-row`\n"
             "## hawser gone\n| `--lost` | |\n",
             ["Global options: no row for `--log`",
              "Global options: `--old` is no option of src/cli/main.cpp",
              "hawser gone: `--lost` is no option of any file"]),
    "src/edge/edge.cpp": ("void edge::apply() {  // fetch\n  say(\"commit\");\n}\n", []),
    WALKS: ("# `x`\n\n1. `edge::apply` is in `src/edge/edge.cpp`,\n"
            "   not `edge::fetch`, nor `commit`.\n"
            "2. It was `src/edge/old.cpp` that had `apply`.\n3. A step.\n"
            "4. `apply` was not in `src/cli/main.cpp`, it is in `src/edge/edge.cpp`.\n\n"
            "| `src/edge/` | `apply()` |\n| `src/edge/edge.cpp` | `apply()` |\n\n`two words`\n" +
            "\nx\n" * 70,
            ["3: `edge::fetch` is not in src/edge/edge.cpp",
             "3: `commit` is not in src/edge/edge.cpp",
             "5: there is no src/edge/old.cpp", "6: a step that names no file",
             "7: `apply` is not in src/cli/main.cpp",
             "9: `apply()` stands beside no file",
             "11: `two words` is neither a file nor a name", "152 lines, 150 is the bound"]),
    README: ("# Read me\n`src/edge/` `src/gone/`\n[a](docs/cli.md#hawser-edge) [b](docs/none.md)\n"
             "[c](#read-me) [d](docs/cli.md#no) [e](https://example.net/x)\n"
             "```cpp\nx[a](docs/fence.md)\n```\n",
             ["there is no folder src/gone/", "a link to docs/none.md, which is not there",
              "a link to docs/cli.md#no, a heading that is not there"]),
    GLOSSARY: ("# Glossary\n\n- **mark**: x\n- **lane**: y\n  and more\n",
               ["`lane` stands behind `mark`", "what comes after `lane` is no entry of one line"]),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
