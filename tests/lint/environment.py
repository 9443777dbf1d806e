#!/usr/bin/env python3
"""Time, chance and threads come from the environment (include/hawser/io/environment.hpp).

Nothing else in the libraries reads a clock or a source of randomness, sleeps, or makes a thread, so
that an edge and a cloud run whole in virtual time. The files below do, each for the reason given.
"""
import fnmatch
import re

import lint

FOLDERS = ["include", "src", "behaviors", "adapters"]

# The first pattern that fits gives the reason (`*` crosses folders).
MAY = {
    "src/io/system/*": "the environment of the system itself",
    "src/io/crypto/random.cpp": "the system's random numbers, for that environment",
    "include/hawser/io/crypto.hpp": "declares them",
    "include/hawser/io/environment.hpp": "declares what an environment gives",
    "src/cli/*": "the program: it runs in real time alone",
    "adapters/*/main.cpp": "an example of a program",
    "src/io/log/*": "lines are dated and written beside what they tell of, by a thread that may hang",
    "src/io/net/client_monitor.cpp": "another thread waits for a client, which has to end in real time",
    "src/io/offload/offload_pool.cpp": "heavy work of a user's takes real time in any environment",
    "src/store/sqlite/inode_lock.cpp": "waits for another process, whose time is the system's",
    "src/store/sqlite/outbox/outbox_identity.cpp": "the epoch where nobody gave a source of it",
}

WORDS = {
    r"clock::now\b|\b(clock_gettime|gettimeofday)\s*\(|(?<![\w.>])time\s*\(\s*(nullptr|NULL|0)\s*\)":
        "reads a clock",
    r"\brandom_device\b|(?<![\w.>])random_(bytes|u64)\b|\b(getentropy|getrandom|RAND_bytes)\s*\(":
        "reads a source of randomness",
    r"\bstd::(jthread|thread|async)\b": "makes a thread",
    r"\bsleep_(for|until)\b|\b(nano|u)sleep\s*\(|(?<!void )(?<![\w.>:])sleep\s*\(|(?<!\w)::sleep\s*\(":
        "sleeps",
}


def found_in(text):
    """(line number, what the line does) of each that only an environment may do."""
    text = lint.without_comments(text, strings=True)
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, what in WORDS.items():
            if re.search(pattern, line):
                yield number, what


def check(root):
    used, there = set(), set()
    for path in lint.files(root, folders=FOLDERS):
        if path.parts[0] not in FOLDERS:
            continue
        hits = list(found_in((root / path).read_text()))
        reason = next((p for p in MAY if fnmatch.fnmatch(str(path), p)), None)
        if reason is None:
            yield from (f"{path}:{number}: {what}: ask the environment" for number, what in hits)
            continue
        there.add(reason)
        if hits:
            used.add(reason)
    for pattern in sorted(there - used):
        yield f"{pattern}: needs no exception: it reads no clock, and makes no thread"


BAD = {
    "src/edge/edge.cpp": (
        "#include <thread>\n// steady_clock::now()\nauto t = std::chrono::system_clock::now();\n"
        'const char* s = "std::thread";\nstd::thread run;\nauto n = env->random_u64();\n'
        "auto m = random_u64();\nauto waits = sleeps(true);\nauto d = life.time(0);\n",
        ["3: reads a clock: ask the environment", "5: makes a thread: ask the environment",
         "7: reads a source of randomness: ask the environment"]),
    "src/io/net/a.cpp": (
        "std::this_thread::sleep_for(t);\nstd::random_device d;\nauto t = time(nullptr);\n"
        "auto own = my_clock::now();\nclock_gettime(CLOCK_MONOTONIC, &t);\n"
        "::sleep(1);\nvoid sleep(bool on);\nvoid link::sleep(bool on) {}\nl->sleep(true);\n",
        ["1: sleeps: ask the environment", "2: reads a source of randomness: ask the environment",
         "3: reads a clock: ask the environment", "4: reads a clock: ask the environment",
         "5: reads a clock: ask the environment", "6: sleeps: ask the environment"]),
    "behaviors/b.hpp": ("std::async(f);\n", ["1: makes a thread: ask the environment"]),
    "src/io/system/clock.cpp": ("auto t = steady_clock::now();\n", []),
    "src/io/net/client_monitor.cpp": ("int x;\n", [" needs no exception: it reads no clock, and makes "
                                                "no thread"]),
    "tests/edge/e_test.cpp": ("std::thread t;\n", []),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
