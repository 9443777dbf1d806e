#!/usr/bin/env python3
"""Installs hawser and builds the program of this folder with it, in one of the ways a user has.

install           what is installed, and that nothing in it names the source or the build folder
find_package      the program by CMake, against an installation that was moved
pkg_config        the program by one compiler line, against an installation that was moved
add_subdirectory  the program with the source tree as a part of it

The program must then do its work against a scripted peer. All but add_subdirectory work in a
temporary folder; that one builds the libraries again, so its folder is the same each time and the
compiler cache knows it.
"""
import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 30  # that the program may take
LINES = 40  # of it: what embedding an edge and an adapter may cost
FEED = [b"four", b"and seven"]  # 4 bytes are within the limit of 10, 9 more are not
TRANSITIONS = [f"gw-7/quota/tenant-1/feed: {step}" for step in (
    " -> initializing", "initializing -> active", "active -> active", "active -> quota_exceeded")]
ANSWERS = ["configured", "recorded", "quota_exceeded"]
INSTALLED = """
    bin/hawser include/hawser/hawser.hpp include/hawser/edge/edge.hpp
    include/hawser/store/outbox.hpp include/hawser/core/receipt/receipt.hpp
    include/hawser/testkit.hpp include/hawser/testkit/world.hpp
    include/hawser/behaviors/heartbeat.hpp include/hawser/adapters/hawser_cloud/adapter.hpp
    LIB/libhawser_core.a LIB/libhawser_crypto.a LIB/libhawser_client.a LIB/libhawser_store.a
    LIB/libhawser_edge.a LIB/libhawser_cloud.a LIB/libhawser_testkit.a
    LIB/cmake/hawser/hawserConfig.cmake LIB/cmake/hawser/hawserConfigVersion.cmake
    LIB/cmake/hawser/hawserTargets.cmake
    LIB/pkgconfig/hawser-core.pc LIB/pkgconfig/hawser-client.pc LIB/pkgconfig/hawser-edge.pc
    LIB/pkgconfig/hawser-cloud.pc LIB/pkgconfig/hawser-testkit.pc
""".split()


def run(*command, **options):
    """The output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))}\n{done.stdout}exit code {done.returncode}")
    return done.stdout


def play(listener):
    """Upgrades one client, sends the feed, closes with 1000 and waits for the end."""
    link, _ = listener.accept()
    with link:
        link.settimeout(SECONDS)
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            part = link.recv(4096)
            if not part:
                return
            request += part
        key = re.search(rb"(?i)sec-websocket-key: *(\S+)", request)[1]
        proof = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        link.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + base64.b64encode(proof) +
                     b"\r\n\r\n")
        for message in FEED:
            link.sendall(bytes([0x81, len(message)]) + message)
        link.sendall(b"\x88\x02\x03\xe8")
        while link.recv(4096):
            pass


def use(program, folder):
    """Runs the program against the scripted peer; it must say what its edge did."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        peer = threading.Thread(target=play, args=(listener,), daemon=True)
        peer.start()
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/feed"
        said = run(program, url, folder / "gateway.db", timeout=SECONDS)
        peer.join()
    # The two run in order each; how many transitions come before an answer is the store's affair.
    lines = said.splitlines()
    transitions = [line for line in lines if not line.startswith("{")]
    answers = [json.loads(line) for line in lines if line.startswith("{")]
    told = [answer.get("answer") or answer.get("error") for answer in answers]
    if (transitions, told) != (TRANSITIONS, ANSWERS):
        sys.exit(f"the program said\n{said}instead of\n{TRANSITIONS}\n{ANSWERS}")
    print(said, end="")


def install(options, folder):
    """Installs, then moves the installation: the folder where it is now."""
    run("cmake", "--install", options.build, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "moved")


def configure_options(options):
    """What the consumer's CMake is told so that it compiles as this tree does."""
    return ["-G", "Ninja", f"-DCMAKE_BUILD_TYPE={options.config}",
            f"-DCMAKE_CXX_COMPILER={options.compiler}", f"-DCMAKE_CXX_FLAGS={options.flags}",
            f"-DCMAKE_CXX_COMPILER_LAUNCHER={options.launcher}"]


def takes(package, major, minor, folder):
    """Whether find_package would take the package for that version."""
    script = folder / "version.cmake"
    script.write_text(f"""set(PACKAGE_FIND_VERSION {major}.{minor})
set(PACKAGE_FIND_VERSION_MAJOR {major})
set(PACKAGE_FIND_VERSION_MINOR {minor})
include({package}/hawserConfigVersion.cmake)
message("${{PACKAGE_VERSION_COMPATIBLE}}")
""")
    return run("cmake", "-P", script).strip() == "TRUE"


def test_install(options, folder):
    prefix = install(options, folder)
    files = [p for p in prefix.rglob("*") if p.is_file()]
    names = {str(p.relative_to(prefix)) for p in files}
    wanted = [name.replace("LIB/", f"{options.libdir}/") for name in INSTALLED]
    wrong = [f"{name} is not installed" for name in wanted if name not in names]
    wrong += [f"{name} is installed" for name in sorted(names) if name.endswith(".cpp")]
    for path in files:
        # Debug information names the sources, and so does assert().
        if path.suffix == ".a" or path.parent.name == "bin":
            if options.config != "Release":
                continue
        text = path.read_bytes()
        wrong += [f"{path.relative_to(prefix)} names {place}"
                  for place in (ROOT, options.build, prefix, folder / "first")
                  if str(place).encode() in text]
    print(f"{len(files)} files")
    package = prefix / options.libdir / "cmake/hawser"
    version = (package / "hawserConfigVersion.cmake").read_text()
    major, minor = map(int, re.search(r'set\(PACKAGE_VERSION "(\d+)\.(\d+)', version).groups())
    wrong += [f"find_package(hawser {major}.{asked}) takes it, or must and does not"
              for asked in (minor - 1, minor, minor + 1)
              if takes(package, major, asked, folder) != (asked == minor)]
    if wrong:
        sys.exit("\n".join(wrong))
    print(run(prefix / "bin/hawser", "--help").splitlines()[0])


def test_find_package(options, folder):
    prefix = install(options, folder)
    run("cmake", "-S", HERE, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
        *configure_options(options))
    run("cmake", "--build", folder / "build")
    use(folder / "build/gateway", folder)


def test_pkg_config(options, folder):
    prefix = install(options, folder)
    where = os.environ | {"PKG_CONFIG_PATH": str(prefix / options.libdir / "pkgconfig")}

    def ask(*what):
        return shlex.split(run("pkg-config", *what, env=where))

    compiler = [options.compiler, "-std=c++20", *shlex.split(options.flags)]
    run(*compiler, *ask("--cflags", "hawser-edge"), "-c", HERE / "main.cpp", "-o", folder / "main.o")
    for static in ([], ["--static"]):
        run(*compiler, folder / "main.o", "-o", folder / "gateway",
            *ask(*static, "--libs", "hawser-edge"))
    use(folder / "gateway", folder)
    # What both need, such as the store, must stand behind both.
    (folder / "both.cpp").write_text("""#include <hawser/cloud/cloud.hpp>
#include <hawser/edge/edge.hpp>
int main() {
  hawser::edge edge{{}};
  hawser::cloud cloud{{}};
}
""")
    run(*compiler, folder / "both.cpp", "-o", folder / "both",
        *ask("--cflags", "--libs", "hawser-edge", "hawser-cloud"))
    # What tests an adapter is installed too.
    (folder / "kit.cpp").write_text("""#include <hawser/adapters/tutorial/adapter.hpp>
#include <hawser/testkit.hpp>
int main() {
  hawser::testkit::harness<ticker> h;
  return h.connect() && h.peer_sends("welcome") && h.ready() ? 0 : 1;
}
""")
    run(*compiler, folder / "kit.cpp", "-o", folder / "kit",
        *ask("--cflags", "--libs", "hawser-testkit"))
    run(folder / "kit", timeout=SECONDS)


def test_add_subdirectory(options, folder):
    run("cmake", "-S", HERE, "-B", folder, f"-DHAWSER_FOLDER={ROOT}", *configure_options(options))
    cache = (folder / "CMakeCache.txt").read_text()
    for name in ("TESTS", "BENCH", "PROGRAM", "INSTALL"):
        if f"HAWSER_{name}:BOOL=OFF\n" not in cache:
            sys.exit(f"HAWSER_{name} is not off in somebody else's tree")
    # A compiler cache leaves what uses a precompiled header alone unless it is told to look.
    run("cmake", "--build", folder, env={
        "CCACHE_SLOPPINESS": "pch_defines,time_macros,include_file_mtime,include_file_ctime",
        **os.environ})
    use(folder / "gateway", folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("way", choices=["install", "find_package", "pkg_config",
                                        "add_subdirectory"])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder of hawser")
    parser.add_argument("--compiler", required=True)
    parser.add_argument("--launcher", default="")
    parser.add_argument("--config", default="")
    parser.add_argument("--libdir", default="lib", help="below the prefix")
    parser.add_argument("--flags", default="", help="for compiler and linker")
    options = parser.parse_args()
    count = len((HERE / "main.cpp").read_text().splitlines())
    if count > LINES:
        sys.exit(f"main.cpp has {count} lines, {LINES} is the bound")
    test = globals()["test_" + options.way]
    if options.way != "add_subdirectory":
        with tempfile.TemporaryDirectory() as folder:
            return test(options, pathlib.Path(folder))
    folder = options.build / "tests/consumer"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        return test(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
