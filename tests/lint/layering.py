#!/usr/bin/env python3
"""Who may include whom. The tables below are the rule; everything they do not allow is refused."""
import fnmatch
import re

import lint

# ring: the files that belong to it. The first pattern that fits decides (`*` crosses folders).
RINGS = [
    ("seam",      ["include/hawser/io/*"]),
    ("edge",      ["include/hawser/edge/*"]),
    ("cloud",     ["include/hawser/cloud/*"]),
    ("governor",  ["include/hawser/governor/*", "src/governor/*"]),
    ("core",      ["include/hawser/core/*", "src/core/*",
                   "include/hawser/error.hpp", "include/hawser/time.hpp"]),
    ("asio door", ["include/hawser/asio.hpp"]),
    ("umbrella",  ["include/hawser/hawser.hpp", "include/hawser/edge.hpp",
                   "include/hawser/cloud.hpp"]),
    ("client",    ["include/hawser/client.hpp"]),
    ("calls",     ["include/hawser/pending.hpp", "include/hawser/caller.hpp"]),
    ("testkit",   ["include/hawser/testkit.hpp", "include/hawser/testkit/*"]),
    ("chain",     ["include/hawser/*"]),
    ("chain body", ["src/chain/*"]),
    ("behavior",  ["behaviors/*"]),
    ("adapter",   ["adapters/*"]),
    ("io",        ["src/io/*"]),
    ("testkit body", ["src/testkit/*"]),
    ("shell",     ["src/edge/*", "src/cloud/*"]),
    ("program",   ["src/cli/*"]),
    ("pure test", ["tests/unit/*", "tests/behaviors/*", "tests/testkit/*",
                   "tests/adapters/*"]),
]

# What an include may be: a ring, or one of these.
LIBRARIES = {
    "system":     ["boost/system/*"],
    "asio":       ["boost/asio/*", "boost/asio.hpp"],
    "beast":      ["boost/beast/*", "boost/beast.hpp"],
    "simdjson":   ["simdjson.h"],
    "zlib":       ["zlib.h"],
    "openssl":    ["openssl/*"],
    "sqlite":     ["sqlite3.h"],
    "libpq":      ["libpq-fe.h", "postgresql/*"],
    "spdlog":     ["spdlog/*"],
    "cli11":      ["CLI/*"],
    "toml++":     ["toml++/*"],
    "gtest":      ["gtest/*", "gmock/*"],
    "posix":      ["sys/*", "netinet/*", "arpa/*", "net/*", "*.h"],
    "threads":    ["thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore",
                   "latch", "barrier", "stop_token"],
    "files":      ["fstream", "filesystem", "iostream"],
    "std":        ["*"],
}

PURE = ["std", "system", "simdjson", "zlib", "core", "governor"]
PUBLIC = ["std", "threads", "files", "system", "core", "governor", "chain", "calls", "client",
          "umbrella", "seam", "edge", "cloud"]
ANY_LIBRARY = list(LIBRARIES)

# ring: what its files may include. The files of a ring may always include the ring itself, but
# behaviors: one never includes another.
MAY_INCLUDE = {
    "core":      PURE,
    "governor":  PURE,
    "chain":     ["std", "system", "core", "governor"],
    # Any thread makes, awaits and drops calls: their table has a mutex, their handle a condition.
    "calls":     ["std", "threads", "system", "core", "chain"],
    # A lock for what all clients of a process share (process.hpp); it is taken at no hook but the
    # first on_connecting of a client.
    "chain body": ["std", "threads", "system", "core", "chain", "behavior"],
    "client":    ["std", "system", "core", "governor", "chain", "seam"],  # the engine, no Asio in it
    "umbrella":  ["std", "core", "governor", "chain", "calls", "client", "behavior", "edge", "cloud"],
    "behavior":  ["std", "system", "core", "chain"],
    "seam":      ["std", "system", "core", "governor", "chain", "edge", "cloud"],
    "edge":      ["std", "system", "core", "governor", "chain", "client", "umbrella", "seam"],
    "cloud":     ["std", "system", "core", "governor", "chain", "client", "umbrella", "seam"],
    "asio door": PUBLIC + ["asio"],
    "adapter":   PUBLIC + ["simdjson", "behavior"],
    "io":        PUBLIC + ANY_LIBRARY + ["behavior"],
    # It puts memory and a variable where the engine has sockets and a clock.
    "testkit":   ["std", "system", "core", "chain", "client", "seam"],
    "testkit body": ["std", "system", "core", "chain", "seam", "testkit", "io", "asio"],
    "shell":     PUBLIC + ["simdjson", "zlib", "posix", "behavior", "asio door", "asio", "adapter"],
    "program":   PUBLIC + ["posix", "cli11", "toml++", "behavior", "asio door", "adapter"],
    "pure test": PUBLIC + [lib for lib in ANY_LIBRARY if lib not in ("asio", "beast")]
                 + ["behavior", "adapter", "io", "shell", "program", "testkit"],
}

# Words that these rings may not use: time, seeds and bytes come in as arguments.
FORBIDDEN_IN = ["core", "governor", "chain", "calls", "client", "behavior", "testkit"]
FORBIDDEN = {
    r"::\s*now\s*\(":         "a clock's now()",
    r"\bstd::j?thread\b":     "std::thread",
    r"\brandom_device\b":     "random_device",
    r"\bu?sleep(_\w+)?\s*\(": "sleep",
}


def ring_of(path):
    """The ring of a file, or None: tests and benches that no rule speaks of."""
    for ring, patterns in RINGS:
        if any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
            return ring
    return None


def kind_of(include, quoted, includer, root):
    """What an include is: a ring, or a library."""
    if quoted:
        beside = (root / includer).parent / include
        target = beside if beside.exists() else root / "src" / include
        return ring_of(str(target.resolve().relative_to(root.resolve()))) or "own"
    for folder in ("behaviors/", "adapters/"):
        if include.startswith("hawser/" + folder):
            return ring_of(include.removeprefix("hawser/"))
    if include.startswith("hawser/"):
        return ring_of("include/" + include)
    return next(lib for lib, patterns in LIBRARIES.items()
                if any(fnmatch.fnmatch(include, pattern) for pattern in patterns))


def includes(text):
    """(line number, name, whether quoted) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def check(root):
    for path in lint.files(root):
        ring = ring_of(str(path))
        if ring is None:
            continue
        text = lint.without_comments((root / path).read_text())
        for number, name, quoted in includes(text):
            kind = kind_of(name, quoted, path, root)
            same = kind == ring and ring != "behavior"
            if not same and kind != "own" and kind not in MAY_INCLUDE[ring]:
                yield f"{path}:{number}: {ring} may not include <{name}> ({kind})"
        if ring in FORBIDDEN_IN:
            for number, line in enumerate(lint.without_comments(text, strings=True).splitlines(), 1):
                for pattern, word in FORBIDDEN.items():
                    if re.search(pattern, line):
                        yield f"{path}:{number}: {ring} may not use {word}"


BAD = {
    "include/hawser/core/clock.hpp": (
        "// #include <thread>\n#include <hawser/hook.hpp>\n#include <thread>\n"
        "auto t = std::chrono::steady_clock::now();\n"
        'const char* s = "std::thread";  // steady_clock::now()\n',
        ["2: core may not include <hawser/hook.hpp> (chain)",
         "3: core may not include <thread> (threads)", "4: core may not use a clock's now()"]),
    "src/governor/x.cpp": ("#include <openssl/evp.h>\nstd::random_device seed;\n",
                           ["1: governor may not include <openssl/evp.h> (openssl)",
                            "2: governor may not use random_device"]),
    "include/hawser/pending.hpp": ("#include <mutex>\n#include <hawser/client.hpp>\n",
                                   ["2: calls may not include <hawser/client.hpp> (client)"]),
    "include/hawser/options.hpp": ("#include <hawser/io/loop.hpp>\n",
                                   ["1: chain may not include <hawser/io/loop.hpp> (seam)"]),
    "include/hawser/client.hpp": ("#include <hawser/io/engine.hpp>\n#include <boost/asio.hpp>\n",
                                  ["2: client may not include <boost/asio.hpp> (asio)"]),
    "behaviors/quiet.hpp": ("#include <hawser/behaviors/trace.hpp>\nvoid f() { sleep(1); }\n",
                            ["1: behavior may not include <hawser/behaviors/trace.hpp> (behavior)",
                             "2: behavior may not use sleep"]),
    "include/hawser/io/loop.hpp": ("#include <boost/asio/post.hpp>\n",
                                   ["1: seam may not include <boost/asio/post.hpp> (asio)"]),
    "src/io/net/a.cpp": ('#include "b.hpp"\n#include <boost/beast.hpp>\n#include <sqlite3.h>\n', []),
    "src/edge/e.cpp": ("#include <sqlite3.h>\n#include <boost/beast/http.hpp>\n",
                       ["1: shell may not include <sqlite3.h> (sqlite)",
                        "2: shell may not include <boost/beast/http.hpp> (beast)"]),
    "src/cli/main.cpp": ('#include "io/net/b.hpp"\n',
                         ["1: program may not include <io/net/b.hpp> (io)"]),
    "adapters/echo/adapter.hpp": ('#include "../../src/io/net/b.hpp"\n#include <hawser/hawser.hpp>\n',
                                  ["1: adapter may not include <../../src/io/net/b.hpp> (io)"]),
    "include/hawser/testkit.hpp": ("#include <hawser/client.hpp>\n#include <boost/asio/post.hpp>\n",
                                   ["2: testkit may not include <boost/asio/post.hpp> (asio)"]),
    "src/testkit/link.cpp": ('#include "../io/net/b.hpp"\n#include <openssl/evp.h>\n',
                             ["2: testkit body may not include <openssl/evp.h> (openssl)"]),
    "tests/unit/x_test.cpp": ("#include <boost/asio/post.hpp>\n",
                              ["1: pure test may not include <boost/asio/post.hpp> (asio)"]),
    "src/io/net/b.hpp": ("", []),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
