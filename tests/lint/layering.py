#!/usr/bin/env python3
"""Who may include whom. The tables below are the rule; everything they do not allow is refused."""
import fnmatch
import re

import lint

# ring: the files that belong to it. The first pattern that fits decides (`*` crosses folders).
RINGS = [
    ("crypto",    ["include/hawser/io/crypto.hpp"]),
    ("seam",      ["include/hawser/io/*"]),
    ("store",     ["include/hawser/store/*"]),
    ("edge",      ["include/hawser/edge/*"]),
    ("cloud",     ["include/hawser/cloud/*"]),
    ("governor",  ["include/hawser/governor/*", "src/governor/*"]),
    ("core/text", ["include/hawser/core/text/*", "src/core/text/*"]),
    ("core/ws",   ["include/hawser/core/ws/*", "src/core/ws/*"]),
    ("core/recovery", ["include/hawser/core/recovery/*", "src/core/recovery/*"]),
    ("core/receipt", ["include/hawser/core/receipt/*", "src/core/receipt/*"]),
    ("core/explain", ["include/hawser/core/explain/*", "src/core/explain/*"]),
    # What every room of core stands on.
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
    ("sqlite store", ["src/store/sqlite/*"]),
    ("store body", ["src/store/*"]),
    ("testkit body", ["src/testkit/*"]),
    ("shell",     ["src/edge/*", "src/cloud/*"]),
    ("relay",     ["src/cli/demo/relay.*"]),
    ("program",   ["src/cli/*"]),
    ("pure test", ["tests/core/*", "tests/governor/*", "tests/chain/*", "tests/behaviors/*",
                   "tests/client/*", "tests/testkit/*", "tests/adapters/*"]),
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

BARE = ["std", "system", "simdjson", "zlib", "core"]
# What a link is made of; a chain knows no receipts.
LINK = ["core", "core/text", "core/ws", "core/recovery", "core/explain"]
PURE = LINK + ["core/receipt", "governor"]
PUBLIC = ["std", "threads", "files", "system", *PURE, "chain", "calls", "client", "umbrella",
          "crypto", "seam", "store", "edge", "cloud"]
ANY_LIBRARY = list(LIBRARIES)

# ring: what its files may include. The files of a ring may always include the ring itself, but
# behaviors: one never includes another.
MAY_INCLUDE = {
    "core":      BARE,
    "core/text": BARE,
    "core/ws":   BARE + ["core/text"],
    "core/recovery": BARE + ["core/ws"],  # barren_links judges close codes
    "core/receipt": BARE + ["core/text", "core/recovery"],  # takeover waits by a backoff
    "core/explain": BARE + ["core/text", "core/ws"],
    "governor":  BARE + ["core/text", "core/receipt"],
    "chain":     ["std", "system", *LINK],
    # Any thread makes, awaits and drops calls: their table has a mutex, their handle a condition.
    "calls":     ["std", "threads", "system", *LINK, "chain"],
    # A lock for what all clients of a process share (process.hpp); it is taken at no hook but the
    # first on_connecting of a client.
    "chain body": ["std", "threads", "system", *LINK, "chain", "behavior"],
    "client":    ["std", "system", *LINK, "chain", "seam"],  # the engine, no Asio in it
    "umbrella":  ["std", *LINK, "chain", "calls", "client", "behavior"],
    "behavior":  ["std", "system", *LINK, "chain"],
    "crypto":    ["std", "system", "core"],
    # An environment says how a thread waits.
    "seam":      ["std", "threads", "system", *LINK, "chain"],
    "store":     ["std", "system", *PURE],
    "edge":      ["std", "system", *PURE, "chain", "client", "umbrella", "seam", "store"],
    "cloud":     ["std", "system", *PURE, "chain", "client", "umbrella", "seam", "store"],
    "asio door": PUBLIC + ["asio"],
    "adapter":   PUBLIC + ["simdjson", "behavior"],
    "io":        ["std", "system", *LINK, "chain", "calls", "client", "umbrella", "crypto", "seam"]
                 + [lib for lib in ANY_LIBRARY if lib not in ("sqlite", "libpq")],
    # It hashes by OpenSSL's functions, behind a header that has none of OpenSSL.
    # What writes a store is its environment's business.
    "store body": ["std", "threads", "posix", "system", *PURE, "crypto", "seam", "store"],
    "sqlite store": ["std", "threads", "files", "posix", "system", *PURE, "crypto", "store",
                     "sqlite"],
    # It puts memory and a variable where the engine has sockets and a clock.
    "testkit":   ["std", "system", *LINK, "chain", "client", "seam"],
    "testkit body": ["std", "system", *LINK, "chain", "seam", "testkit", "io", "asio"],
    "shell":     PUBLIC + ["simdjson", "zlib", "posix", "behavior", "asio door", "asio", "adapter"],
    "program":   PUBLIC + ["posix", "cli11", "toml++", "behavior", "asio door", "adapter", "relay"],
    # A network that misbehaves, for the demo and for tests.
    "relay":     ["std", "system", "core", "seam", "io", "asio"],
    "pure test": PUBLIC + [lib for lib in ANY_LIBRARY if lib not in ("asio", "beast")]
                 + ["behavior", "adapter", "io", "sqlite store", "shell", "program", "testkit"],
}

# Words that these rings may not use: time, seeds and bytes come in as arguments.
FORBIDDEN_IN = PURE + ["chain", "calls", "client", "behavior", "testkit"]
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


def file_of(include, quoted, includer, root):
    """The file of this tree that an include names; None: a library's, or a test's own."""
    if quoted:
        beside = (root / includer).parent / include
        target = beside if beside.exists() else root / "src" / include
        return str(target.resolve().relative_to(root.resolve()))
    for folder in ("behaviors/", "adapters/"):
        if include.startswith("hawser/" + folder):
            return include.removeprefix("hawser/")
    return "include/" + include if include.startswith("hawser/") else None


def kind_of(include, target):
    """What an include is: a ring, or a library."""
    if target is not None:
        return ring_of(target) or "own"
    return next(lib for lib, patterns in LIBRARIES.items()
                if any(fnmatch.fnmatch(include, pattern) for pattern in patterns))


def includes(text):
    """(line number, name, whether quoted) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def room_of(path):
    """The folder of a file, that of its header and of its source as one; at the top: its ring."""
    for top in ("include/hawser/", "src/"):
        if path.startswith(top):
            folder = path.removeprefix(top).rpartition("/")[0]
            return ring_of(path) if folder in ("", "chain") else folder
    return path.rpartition("/")[0]


def cycles(edges):
    """Complaints of rooms that include each other; edges: {(room, room): where}."""
    left = dict(edges)
    while True:
        kept = {(a, b): where for (a, b), where in left.items()
                if any(b == c for c, _ in left) and any(a == c for _, c in left)}
        if kept == left:
            break
        left = kept
    for (a, b), where in sorted(left.items()):
        yield f"{where}: {a} includes {b}, and {b} includes {a}, directly or by others"


def check_file(path, ring, text, root, edges):
    for number, name, quoted in includes(text):
        target = file_of(name, quoted, path, root)
        kind = kind_of(name, target)
        if ring is not None:
            same = kind == ring and ring != "behavior"
            if not same and kind != "own" and kind not in MAY_INCLUDE[ring]:
                yield f"{path}:{number}: {ring} may not include <{name}> ({kind})"
        if target and path.parts[0] != "tests" and room_of(target) != room_of(str(path)):
            edges.setdefault((room_of(str(path)), room_of(target)), f"{path}:{number}")
    if ring in FORBIDDEN_IN:
        for number, line in enumerate(lint.without_comments(text, strings=True).splitlines(), 1):
            for pattern, word in FORBIDDEN.items():
                if re.search(pattern, line):
                    yield f"{path}:{number}: {ring} may not use {word}"


def check(root):
    edges = {}
    for path in lint.files(root):
        text = lint.without_comments((root / path).read_text())
        yield from check_file(path, ring_of(str(path)), text, root, edges)
    yield from cycles(edges)


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
    "include/hawser/hook.hpp": ("#include <hawser/core/receipt/wire.hpp>\n",
                                ["1: chain may not include <hawser/core/receipt/wire.hpp> "
                                 "(core/receipt)"]),
    "src/core/text/url.cpp": ("#include <hawser/core/bytes.hpp>\n#include <hawser/core/ws/frame.hpp>\n",
                              ["2: core/text may not include <hawser/core/ws/frame.hpp> (core/ws)"]),
    "src/io/net/store.cpp": ("#include <sqlite3.h>\n#include <hawser/store/outbox.hpp>\n",
                             ["1: io may not include <sqlite3.h> (sqlite)",
                              "2: io may not include <hawser/store/outbox.hpp> (store)"]),
    "src/store/sqlite/a.cpp": ("#include <sqlite3.h>\n#include <hawser/edge/edge.hpp>\n",
                               ["2: sqlite store may not include <hawser/edge/edge.hpp> (edge)"]),
    "include/hawser/client.hpp": ("#include <hawser/io/engine.hpp>\n#include <boost/asio.hpp>\n",
                                  ["2: client may not include <boost/asio.hpp> (asio)"]),
    "behaviors/quiet.hpp": ("#include <hawser/behaviors/trace.hpp>\nvoid f() { sleep(1); }\n",
                            ["1: behavior may not include <hawser/behaviors/trace.hpp> (behavior)",
                             "2: behavior may not use sleep"]),
    "include/hawser/io/loop.hpp": ("#include <boost/asio/post.hpp>\n",
                                   ["1: seam may not include <boost/asio/post.hpp> (asio)"]),
    "src/io/net/a.cpp": ('#include "b.hpp"\n#include <boost/beast.hpp>\n#include <openssl/evp.h>\n', []),
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
    "tests/core/x_test.cpp": ("#include <boost/asio/post.hpp>\n",
                              ["1: pure test may not include <boost/asio/post.hpp> (asio)"]),
    "src/io/net/b.hpp": ("", []),
    "src/io/here/a.cpp": ("#include \"io/there/a.hpp\"\n",
                          ["1: io/here includes io/there, and io/there includes io/here, "
                           "directly or by others"]),
    "src/io/there/a.hpp": ("\n#include \"io/here/a.hpp\"\n",
                           ["2: io/there includes io/here, and io/here includes io/there, "
                            "directly or by others"]),
}

if __name__ == "__main__":
    lint.run(check, BAD, __doc__)
