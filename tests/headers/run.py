#!/usr/bin/env python3
"""What a user's own translation unit meets: `alone`, `example`, `asio` or `constants`.

alone    Every public header compiles as the only one of a translation unit.
example  The first example of the README is adapters/echo, sees none of the libraries below hawser,
         and is little work for the compiler.
asio     So is a coroutine that makes calls and takes messages, with <hawser/asio.hpp>.
constants  Whatever it is optimized for, its object holds no function that makes the name of a plug-in.

Work is counted by the compiler itself, never timed, and compared with that of reference.cpp, so that
neither the machine nor the standard library's version decides.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADAPTER = ROOT / "adapters/echo/adapter.hpp"
ADAPTER_LINES = 15
HIDDEN = re.compile(r"/(boost/(asio|beast)|openssl|spdlog|simdjson)\b|/sqlite3\.h|/libpq-fe\.h")
COROUTINES = ROOT / "tests/headers/coroutines.cpp"
REFERENCE = ROOT / "tests/headers/reference.cpp"
# How a compiler tells its work, as a pattern whose numbers are added up: the megabytes that g++
# allocates while it compiles, the nodes of clang's syntax tree; and how many times the reference's
# work a unit may be. Both are the same at each run.
COUNTS = {
    "g++": (["-ftime-report"], r"^ TOTAL .* (\d+)M$", {"example": 2.8, "asio": 5.1}),
    "clang": (["-Xclang", "-print-stats"], r"^ +(\d+) (?:types|decls|stmts/exprs) total",
              {"example": 2.6, "asio": 3.7}),
}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def compiled_alone(command, header):
    """What the compiler says of a unit that includes this header, twice, and nothing else."""
    line = f"#include <{header}>\n"
    return subprocess.run(command + WARNINGS + ["-fsyntax-only", "-x", "c++", "-"],
                          input=line + line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False).stdout


def alone(command):
    headers = [p.relative_to(ROOT / "include") for p in (ROOT / "include").glob("**/*.hpp")]
    for folder in ("behaviors", "adapters"):
        headers += ["hawser" / p.relative_to(ROOT) for p in (ROOT / folder).glob("**/*.hpp")]
    headers.sort()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = list(pool.map(lambda h: compiled_alone(command, h), headers))
    for header, output in zip(headers, outputs):
        if output:
            print(f"{header} does not compile alone:\n{output}")
    print(f"{len(headers)} headers")
    return not headers or any(outputs)


def family(command):
    said = subprocess.run(command[:1] + ["--version"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    return "clang" if "clang" in said else "g++"


def work(command, unit):
    """What the compiler counts while it compiles a unit at -O0."""
    flags, pattern, _ = COUNTS[family(command)]
    told = subprocess.run(command + flags + ["-O0", "-c", str(unit), "-o", os.devnull],
                          stderr=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stderr
    counts = [int(n) for n in re.findall(pattern, told, re.MULTILINE)]
    if not counts:
        sys.exit(f"{command[0]} does not tell its work:\n{told}")
    return sum(counts)


def is_too_much(command, what, unit):
    times = work(command, unit) / work(command, REFERENCE)
    allowed = COUNTS[family(command)][2][what]
    print(f"{times:.2f} times the compiler's work for {REFERENCE.name}, {allowed} allowed")
    return times > allowed


def first_example():
    """The first C++ block of the README, and the adapter's own lines."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    adapter = ADAPTER.read_text(encoding="utf-8")
    return (re.search(r"```cpp\n(.*?)```", readme, re.DOTALL).group(1),
            adapter[adapter.index("struct echo"):])


def example(command):
    text, adapter = first_example()
    if adapter not in text or len(adapter.splitlines()) > ADAPTER_LINES:
        print(f"the README's first example is not {ADAPTER}, or that has over {ADAPTER_LINES} lines")
        return True
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "example.cpp"
        unit.write_text(text, encoding="utf-8")
        listed = subprocess.run(command + ["-M", str(unit)], stdout=subprocess.PIPE, text=True,
                                check=True).stdout
        heavy = is_too_much(command, "example", unit)
    seen = [name for name in listed.split() if HIDDEN.search(name)]
    print("\n".join(seen[:10]))
    print(f"{len(seen)} files of hidden libraries")
    return bool(seen) or heavy


def asio(command):
    return is_too_much(command, "asio", COROUTINES)


# What no program may do when it runs: the names of plug-ins are constants.
MAKES_NAMES = re.compile(r"hawser::detail::\w*name\w*[<(]")
WAYS = [["-O0"], ["-Og"], ["-O2"], ["-O2", "-flto", "-ffat-lto-objects"]]


def constants(command):
    wrong = False
    unit = re.sub(r"hawser::client<echo.*?>", "hawser::resilient_client<echo>", first_example()[0])
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "unit.cpp"
        compiled = pathlib.Path(folder) / "unit.o"
        source.write_text(unit, encoding="utf-8")
        for way in WAYS:
            subprocess.run(command + way + ["-c", str(source), "-o", str(compiled)], check=True)
            names = subprocess.run(["nm", "-C", str(compiled)], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.splitlines()
            if not any("hawser::chain<" in name for name in names):
                print(f"{' '.join(way)}: no chain in the object: what is looked at?")
                wrong = True
            for name in names:
                kind, what = name[17:18], name[19:]
                if kind in "tTwWuU" and MAKES_NAMES.search(what) and "()" in what:
                    print(f"{' '.join(way)}: a name is made when it runs: {what}")
                    wrong = True
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["alone", "example", "asio", "constants"])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", default=[])
    options = parser.parse_args()
    command = [options.compiler, "-std=c++20"] + [f"-I{folder}" for folder in options.include]
    ways = {"alone": alone, "example": example, "asio": asio, "constants": constants}
    sys.exit(ways[options.what](command))


if __name__ == "__main__":
    main()
