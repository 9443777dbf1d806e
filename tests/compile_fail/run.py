#!/usr/bin/env python3
"""Compiles the cases below this folder: what must not compile, and how it must say so.

A case begins with comment lines of these forms:
  // expect: TEXT        the output contains TEXT, spaces aside; " | " separates alternatives
  // expect-ok           the case compiles, without a word
  // as: NAME NAME...    the case is compiled once for each NAME, with -DNAME; otherwise once
A case that must not compile gives exactly one error, and with g++ a short one. The header of ours
that a case includes first is compiled once for all of them, which takes a fifth of the time.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def directives(case):
    """The (name, text) pairs of a case's first lines."""
    found = []
    for line in case.read_text().splitlines():
        match = re.match(r"// (expect-ok|expect|as)(?:: (.*))?$", line)
        if not match:
            return found
        found.append(match.groups())


def squeezed(text):
    """Without white space: `void (context &)` is `void(context&)`."""
    return "".join(text.split())


def complaints(options, expected, exit_code, output):
    """What is wrong with the outcome of one compilation."""
    if ("expect-ok", None) in expected:
        return ["must compile without a word"] if exit_code or output else []
    wrong = []
    errors = len(re.findall(r"\berror:", output))
    if exit_code == 0 or errors != 1:
        wrong.append(f"{errors} errors instead of 1")
    lines = output.count("\n")
    if lines > options.max_lines and not options.is_clang:
        wrong.append(f"{lines} lines of output, more than {options.max_lines}")
    for name, text in expected:
        if name == "expect" and not any(squeezed(a) in squeezed(output)
                                        for a in text.split(" | ")):
            wrong.append(f"does not say: {text}")
    return wrong


def first_header(case):
    """The first header of ours that a case includes, itself or by way of the one beside it."""
    text = case.read_text()
    beside = re.search(r'#include "(.*)"', text)
    if beside:
        text = (case.parent / beside[1]).read_text()
    return re.search(r"#include <(hawser/.*)>", text)[1]


def precompile(options, header, folder):
    """Compiles the header into the folder; the options that make a compilation use it."""
    source = pathlib.Path(folder, header.replace("/", "_"))
    source.write_text(f"#include <{header}>\n")
    compiled = f"{source}.gch"
    subprocess.run([*options.command, "-x", "c++-header", str(source), "-o", compiled], check=True)
    return ["-include-pch", compiled] if options.is_clang else ["-include", str(source),
                                                                "-Winvalid-pch"]


def compile_case(options, case, way):
    """(title, complaints, output) of one compilation."""
    expected = directives(case)
    command = [*options.command, "-fsyntax-only", *options.precompiled[first_header(case)]]
    command += [f"-D{way}"] if way else []
    run = subprocess.run(command + [str(case)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, env=os.environ | {"LC_ALL": "C"}, check=False)
    title = f"{case.relative_to(HERE)} {way}".rstrip()
    wrong = complaints(options, expected, run.returncode, run.stdout) if expected else [
        "no `// expect: ...` in its first line"]
    return title, wrong, run.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--include", action="append", default=[])
    # A user sees up to 25: four more, of "In file included from", that precompiling takes away.
    parser.add_argument("--max-lines", type=int, default=21)
    parser.add_argument("--only", default="", help="cases whose path contains this")
    options = parser.parse_args()
    version = subprocess.run([options.compiler, "--version"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    options.is_clang = "clang" in version  # its output is long by nature: a source line a step

    options.command = [options.compiler, "-std=c++20", "-Wall", "-Wextra",
                       *(f"-I{folder}" for folder in options.include)]

    jobs = []
    for case in sorted(HERE.glob("**/*.cpp")):
        if options.only in str(case.relative_to(HERE)):
            ways = [way for name, text in directives(case) if name == "as" for way in text.split()]
            jobs += [(case, way) for way in ways or [""]]
    if not jobs:
        sys.exit("no cases")
    failed = 0
    with (tempfile.TemporaryDirectory() as folder,
          concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool):
        headers = sorted({first_header(case) for case, _ in jobs})
        options.precompiled = dict(zip(headers, pool.map(
            lambda header: precompile(options, header, folder), headers)))
        for title, wrong, output in pool.map(lambda job: compile_case(options, *job), jobs):
            print(("FAIL " if wrong else "ok   ") + title)
            if wrong:
                failed += 1
                print("     " + "\n     ".join(wrong) + "\n" + output)
    print(f"{len(jobs)} compilations, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
