#!/usr/bin/env python3
"""Walks hot paths under callgrind and holds their cost against tests/guard/baseline.json.

guard.py --programs FOLDER [--update] [PATH...]: without a path, all of them. A path is one of the
program `guard`; `receive/lto` is that of `guard_lto`. Counted are, per message, instructions,
allocations and system calls. A cost above or below the baseline by more than 3 % fails: what became
cheaper is to stay so. Exit status 77: no baseline for these versions.
"""
import argparse
import json
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

BASELINE = pathlib.Path(__file__).with_name("baseline.json")
TOLERANCE = 0.03
SKIPPED = 77
PATHS = ["receive", "send", "send_mailbox", "echo", "echo_2048", "apply", "apply_single", "build",
         "append", "receive/lto", "receive/og"]

# What chooses among several implementations by the machine's processor chooses alike everywhere.
# Valgrind shows programs a processor of its own, but with AVX2 only where the host has it.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C",
    # The linker's lazy binding is no part of a path.
    "LD_BIND_NOW": "1",
    # glibc's memcpy and its kin: those for SSE2, which every x86-64 has.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-BMI1,-BMI2,-LZCNT,"
                      "-MOVBE,-ERMS,-FSRM,-RTM,-SSE4_2,-SSE4_1,-SSSE3,-AVX_Fast_Unaligned_Load",
    # The same for UTF-8: the implementation that is compiled without any of it.
    "SIMDJSON_FORCE_IMPLEMENTATION": "fallback",
    # SHA-256 and random bytes: with SSSE3 and AES; without AVX, XOP, RDRAND and all that came later.
    "OPENSSL_ia32cap": "~0x5000080000000000:~0xffffffffffffffff",
}


class Failure(Exception):
    """The path could not be walked."""


def run(command, folder):
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT | {"TMPDIR": str(folder)},
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def program_of(programs, path):
    name, _, variant = path.partition("/")
    return programs / (f"guard_{variant}" if variant else "guard"), name


def system_calls(log):
    """{name: count} between the marks of valgrind's log."""
    _, begun, rest = log.partition("guard: begin")
    part, ended, _ = rest.partition("guard: end")
    if not begun or not ended:
        raise Failure("the program has not marked what is to be counted")
    found = {}
    for name in re.findall(r"^SYSCALL\[\d+,\d+\]\(\s*\d+\) (?:sys_)?(\w+)", part, re.M):
        found[name] = found.get(name, 0) + 1
    return found


def walk(programs, path, profile=None):
    """The cost of a message on that path, and its system calls by name."""
    program, name = program_of(programs, path)
    with tempfile.TemporaryDirectory(prefix="hawser-guard-") as folder:
        folder = pathlib.Path(folder)
        out, log = profile or folder / "callgrind.out", folder / "log"
        told = run(["valgrind", "--tool=callgrind", "--collect-atstart=no", "--trace-syscalls=yes",
                    f"--callgrind-out-file={out}", f"--log-file={log}", program, name], folder)
        counted = json.loads(told)
        instructions = int(re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)[1])
        calls = system_calls(log.read_text(errors="replace"))
    n = counted["messages"]
    cost = {"instructions": instructions / n, "allocations": counted["allocations"] / n,
            "system calls": sum(calls.values()) / n}
    return ({what: round(value, 1 if value >= 100 else 4) for what, value in cost.items()},
            {call: round(count / n, 4) for call, count in sorted(calls.items())})


def compare(cost, baseline):
    """What differs by more than the tolerance, in words."""
    found = []
    for what, value in cost.items():
        before = baseline[what]
        if abs(value - before) <= TOLERANCE * before:
            continue
        change = f" ({100 * (value / before - 1):+.1f} %)" if before else ""
        found.append(f"{what}: {value:g} a message, {before:g} before{change}")
    return found


def judge(path, cost, baseline):
    wrong = compare(cost, baseline)
    for line in wrong:
        print(f"guard: {path}: {line}")
    if wrong:
        print("guard: if that is meant, or an improvement: scripts/guard --update")
    return not wrong


def self_test():
    base = {"instructions": 100.0, "allocations": 0.0, "system calls": 2.0}
    assert compare(base, base) == []
    assert compare(base | {"instructions": 103.0}, base) == []
    assert compare(base | {"instructions": 104.0}, base) == [
        "instructions: 104 a message, 100 before (+4.0 %)"]
    assert compare(base | {"system calls": 1.9}, base) == [
        "system calls: 1.9 a message, 2 before (-5.0 %)"]
    assert compare(base | {"allocations": 0.001}, base) == [
        "allocations: 0.001 a message, 0 before"]
    log = ("SYSCALL[7,1](  1) sys_write ( 1 )\n**7** guard: begin\n"
           "SYSCALL[7,1](  3) sys_close ( 1 ) --> [pre-success] Success(0x0)\n"
           "SYSCALL[7,1]( 74) sys_fsync ( 4 ) --> [async] ...\n"
           "SYSCALL[7,1]( 74) ... [async] --> Success(0x0)\n**7** guard: end\n")
    assert system_calls(log) == {"close": 1, "fsync": 1}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--programs", type=pathlib.Path)
    options.add_argument("--update", action="store_true")
    options.add_argument("--profile", type=pathlib.Path, help="keep callgrind's output there")
    options.add_argument("--self-test", action="store_true")
    options.add_argument("path", nargs="*")
    o = options.parse_args()
    if o.self_test:
        return self_test()
    o.programs = o.programs.resolve()
    with tempfile.TemporaryDirectory() as folder:
        key = platform.machine() + ", " + run([o.programs / "guard", "--versions"], folder).strip()
    all_baselines = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    baselines = all_baselines.setdefault(key, {})
    good, unknown = True, False
    for path in o.path or PATHS:
        if not o.update and path not in baselines:
            print(f"guard: {path}: no baseline for {key}: run scripts/guard --update")
            unknown = True
            continue
        cost, calls = walk(o.programs, path, o.profile)
        print(f"guard: {path}:", ", ".join(f"{v:g} {k}" for k, v in cost.items()), calls or "")
        if o.update:
            baselines[path] = cost
        else:
            good = judge(path, cost, baselines[path]) and good
    if o.update:
        BASELINE.write_text(json.dumps(all_baselines, indent=1) + "\n")
    return 1 if not good else SKIPPED if unknown else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        sys.exit(f"guard: {e}")
