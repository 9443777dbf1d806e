// Scenarios of stores that somebody or something has tampered with, by name.
#pragma once

#include "support/program_fixture.hpp"
#include "support/sql.hpp"

#include <fstream>
#include <iterator>
#include <map>

namespace hawser::test {

class store_case : public program_fixture {
 protected:
  /// Every file of the folder and what is in it, but for what our runs have written to `errors`.
  std::map<std::string, std::string> contents() {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_regular_file() || name == "errors") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      out[name] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return out;
  }
  /// An edge that is killed behind its answers: its log stays beside the store.
  void leave_a_log(int uses = 50) {
    program edge(edge_words(nobody), folder / "errors");
    edge.write(set_line());
    ASSERT_TRUE(edge.line());
    for (int i = 1; i <= uses; ++i) {  // one group each
      edge.write(use_line("k" + std::to_string(i)));
      ASSERT_TRUE(edge.line());
    }
  }
  /// A cloud that is killed with what an edge has sent it.
  void leave_a_ledger_with_a_log() {
    ready_cloud cloud(ledger);
    std::string input = set_line();
    for (int i = 1; i <= 20; ++i) input += use_line("k" + std::to_string(i));
    ASSERT_EQ(run(draining_words(cloud.url()), input).code, 0);
  }
  std::vector<std::string> draining_words(const std::string& url) {
    auto words = edge_words(url);
    *std::find(words.begin(), words.end(), "0s") = "30s";
    return words;
  }
  std::string file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void put(const std::string& path, const std::string& data) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(data.data(), static_cast<std::streamsize>(data.size()));
  }
  void flip_bit(const std::string& path, std::size_t at) {
    std::string data = file(path);
    ASSERT_LT(at, data.size());
    data[at] = static_cast<char>(data[at] ^ 4);
    put(path, data);
  }
  std::string epoch_of_store() {
    const auto dumped = run({"outbox", "dump", store});
    return dumped.lines.empty() ? "" : field(dumped.lines[0], "epoch");
  }
  /// A start with one event on whatever lies there; its answer.
  std::string start_again(const std::string& key = "again") {
    const finished ran = run(edge_words(nobody), set_line(key));
    errors = ran.errors;
    return ran.lines.empty() ? "" : ran.lines[0];
  }
  /// The store has begun anew, and says behind which epoch.
  void expect_reset_of(const std::string& epoch) {
    const auto dumped = run({"outbox", "dump", store});
    EXPECT_EQ(dumped.code, 0) << dumped.errors;
    bool named = false;
    bool goes_on = false;
    for (const std::string& line : dumped.lines) {
      goes_on = goes_on || field(line, "epoch") == epoch;
      const bool reset = field(line, "event") == "reset";
      named = named || (reset && line.find(epoch) != std::string::npos);
    }
    EXPECT_FALSE(goes_on) << "the old epoch";
    EXPECT_TRUE(named) << ::testing::PrintToString(dumped.lines);
    EXPECT_THAT(errors, ::testing::HasSubstr(" E [")) << "it has to be told";
  }

  std::string errors;  ///< of the last start_again()
};

}  // namespace hawser::test
