// Tables of cases: what a table plays is what counts as coverage.
#pragma once

#include "requirement.hpp"

#include <gtest/gtest.h>

#include <source_location>
#include <string>
#include <vector>

namespace hawser::rfc6455 {

enum class peer : std::uint8_t { keeps, breaks };

/// What a case is about.
struct case_of {
  std::string_view requirement;
  peer is = peer::keeps;
  side ours = side::both;  ///< the end that is hawser's; both: played once for each
  std::string_view name = {};
};

inline std::vector<case_of>& enrolled() {
  static std::vector<case_of> all;
  return all;
}

/// The rows of one test. A row has a case_of named `what`; `play` runs it. Being built makes it a
/// test and its rows count as coverage, so that a row counts exactly when it is played.
template <class Row>
class table {
 public:
  using play_fn = void (*)(const Row&);

  table(const char* suite, const char* name, play_fn play, std::vector<Row> rows,
        const std::source_location& where = std::source_location::current()) {
    for (const Row& r : rows) enrolled().push_back(r.what);
    ::testing::RegisterTest(
        suite, name, nullptr, nullptr, where.file_name(), static_cast<int>(where.line()),
        [rows = std::move(rows), play]() -> ::testing::Test* { return new played(rows, play); });
  }

 private:
  class played final : public ::testing::Test {
   public:
    played(const std::vector<Row>& rows, play_fn play) : rows_(rows), play_(play) {}
    void TestBody() override {
      for (const Row& r : rows_) {
        const std::string how = r.what.is == peer::keeps ? " kept: " : " broken: ";
        SCOPED_TRACE(std::string(r.what.requirement) + how + std::string(r.what.name));
        play_(r);
      }
    }

   private:
    const std::vector<Row>& rows_;
    play_fn play_;
  };
};

/// A case that needs more than a row of data.
struct scene {
  case_of what;
  void (*play)(side ours);
};

/// Plays a scene for each end that it names.
inline void play_scene(const scene& s) {
  for (const side ours : {side::client, side::server}) {
    if (!has(s.what.ours, ours)) continue;
    SCOPED_TRACE(ours == side::client ? "as a client" : "as a server");
    s.play(ours);
  }
}

}  // namespace hawser::rfc6455
