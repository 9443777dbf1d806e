// A test that runs the hawser program: what it is given, what it wrote.
#pragma once

#include "support/line_log.hpp"
#include "support/program.hpp"
#include "support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace hawser::test {

/// Where no cloud listens.
inline constexpr const char* nobody = "ws://127.0.0.1:1";

inline std::string set_line(const std::string& key = "k0") {
  return R"({"governor":"quota","id":"t/api","event":"set_quota","metric":"calls","key":")" + key +
         "\"}\n";
}
inline std::string use_line(const std::string& key) {
  return R"({"governor":"quota","id":"t/api","event":"record_usage","metric":"calls","amount":1,)"
         R"("key":")" +
         key + "\"}\n";
}

/// A field of a line that the program wrote: text without escapes, or a number.
inline std::string field(const std::string& line, const std::string& name) {
  const auto at = line.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 3;
  if (line[begin] == '"') return line.substr(begin + 1, line.find('"', begin + 1) - begin - 1);
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

/// Looks again and again, at most as long as the patience of a test.
inline bool comes_true(const std::function<bool()>& what) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!what()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class program_fixture : public ::testing::Test {
 protected:
  finished run(std::vector<std::string> words, const std::string& input = {},
               const wiring& w = {}) {
    return run_program(folder / "errors", std::move(words), input, w);
  }
  std::vector<std::string> edge_words(const std::string& url) {
    return {"--log", "error",     "edge",      "--url",    url, "--device",
            "gw-7",  "--store",   store,       "--events", "-", "--drain-timeout",
            "0s",    "--backoff", "10ms..50ms"};
  }
  /// Makes a store with some receipts.
  void fill_store(int uses = 20) {
    std::string input = set_line();
    for (int i = 1; i <= uses; ++i) input += use_line("k" + std::to_string(i));
    ASSERT_EQ(run(edge_words(nobody), input).code, 3);
  }

  /// What the run that has this file for its standard error has said so far.
  std::string said(const std::string& file = "errors") {
    std::ostringstream text;
    text << std::ifstream(folder / file).rdbuf();
    return text.str();
  }

  temp_folder folder;
  std::string store = folder / "edge.db";
  std::string ledger = folder / "ledger.db";
};

/// A cloud that listens.
class ready_cloud {
 public:
  explicit ready_cloud(const std::string& ledger, std::vector<std::string> more = {})
      : run_(words(ledger, std::move(more))) {
    const auto line = run_.line();
    if (line) url_ = field(*line, "listening");
  }
  const std::string& url() const { return url_; }
  program& run() { return run_; }

 private:
  static std::vector<std::string> words(const std::string& ledger, std::vector<std::string> more) {
    more.insert(more.begin(), {"--log", "error", "cloud", "--ledger", "sqlite:" + ledger});
    return more;
  }

  program run_;
  std::string url_;
};

}  // namespace hawser::test
