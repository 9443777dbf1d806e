// guard PATH walks one path, guard --versions tells what its cost depends on. guard.py runs it.
#include "bench/echo/allocations.hpp"
#include "guard/path.hpp"

#include <boost/version.hpp>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>
#include <valgrind/callgrind.h>

#include <gnu/libc-version.h>

namespace hawser::guard {

// The marks stand in valgrind's log between the system calls that it traces there.
void measure(std::uint64_t messages, const std::function<void()>& part) {
  const std::uint64_t before = bench::allocations();
  VALGRIND_PRINTF("guard: begin\n");
  CALLGRIND_TOGGLE_COLLECT;
  part();
  CALLGRIND_TOGGLE_COLLECT;
  VALGRIND_PRINTF("guard: end\n");
  const std::uint64_t allocations = bench::allocations() - before;
  std::printf("{\"messages\": %llu, \"allocations\": %llu}\n",
              static_cast<unsigned long long>(messages),
              static_cast<unsigned long long>(allocations));
}

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "guard: %s\n", what);
  std::exit(2);
}

}  // namespace hawser::guard

namespace {

// Fixes of OpenSSL's do not count: nothing of it but SHA-256 and random bytes is on a path.
void tell_versions() {
  std::printf("g++ %s, libstdc++ %d, glibc %s, Boost %s, OpenSSL %u.%u, SQLite %s, simdjson %s\n",
              __VERSION__, _GLIBCXX_RELEASE, gnu_get_libc_version(), BOOST_LIB_VERSION,
              OPENSSL_version_major(), OPENSSL_version_minor(), sqlite3_libversion(),
              SIMDJSON_STRINGIFY(SIMDJSON_VERSION));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string asked = argc == 2 ? argv[1] : "";
  if (asked == "--versions") return tell_versions(), 0;
  for (const auto& r : hawser::guard::paths()) {
    if (r.name == asked) return r.walk(), 0;
  }
  std::fputs("usage: guard PATH, with a path of:", stderr);
  for (const auto& r : hawser::guard::paths()) std::fprintf(stderr, " %s", r.name.c_str());
  std::fputs("\n", stderr);
  return 2;
}
