// The thread that writes standard output, against a reader that pauses or leaves.
#include "cli/printer.hpp"

#include "support/line_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <unistd.h>

namespace hawser::cli {
namespace printer_test {

using hawser::test::patience;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class printer_lines : public ::testing::Test {
 protected:
  printer_lines() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
  }
  ~printer_lines() override {
    out_.reset();
    close_reader();
    ::close(pipe_[1]);
  }
  void close_reader() {
    if (pipe_[0] >= 0) ::close(std::exchange(pipe_[0], -1));
  }
  printer& start(std::size_t most) {
    out_.emplace(pipe_[1], most, [this] { failed_.set_value(); });
    return *out_;
  }
  // Reads until `lines` lines are there.
  std::vector<std::string> read(std::size_t lines) {
    std::vector<std::string> all(1);
    char c = 0;
    while (all.size() <= lines && ::read(pipe_[0], &c, 1) == 1) {
      if (c == '\n') {
        all.emplace_back();
      } else {
        all.back() += c;
      }
    }
    all.pop_back();
    return all;
  }
  bool has_failed() { return failed_.get_future().wait_for(patience) == std::future_status::ready; }

  std::atomic<int> done = 0;

 private:
  int pipe_[2] = {-1, -1};
  std::promise<void> failed_;
  std::optional<printer> out_;
};

TEST_F(printer_lines, come_out_in_order_and_whole) {
  printer& out = start(10);
  out.news("one");
  out.answer("two", [&] { ++done; });
  out.news("three");
  EXPECT_TRUE(out.finish());
  EXPECT_EQ(done, 1);
  EXPECT_THAT(read(3), ElementsAre("one", "two", "three"));
}

TEST_F(printer_lines, that_are_news_are_skipped_and_counted_when_too_many_wait) {
  printer& out = start(10);
  const std::string wide(4000, 'x');
  constexpr std::size_t all = 200;  // A pipe holds 16 of them.
  for (std::size_t i = 0; i < all; ++i) out.news(wide);
  out.answer("answer", [] {});
  std::size_t seen = 0;
  std::size_t skipped = 0;
  bool answered = false;
  while (seen + skipped < all || !answered) {
    const auto line = read(1).at(0);
    answered |= line == "answer";
    seen += line == wide;
    constexpr std::string_view word = "{\"skipped\":";
    if (line.starts_with(word)) skipped += std::stoul(line.substr(word.size()));
  }
  EXPECT_EQ(seen + skipped, all);
  EXPECT_GT(skipped, 100U);
  EXPECT_TRUE(out.finish());
}

TEST_F(printer_lines, are_given_up_when_their_reader_takes_too_long) {
  printer& out = start(10);
  for (int i = 0; i < 100; ++i) out.answer(std::string(4000, 'x'), [&] { ++done; });
  out.give_up_at(std::chrono::steady_clock::now());
  EXPECT_FALSE(out.finish());
  EXPECT_FALSE(out.failed());
}

TEST_F(printer_lines, count_as_written_once_their_reader_has_left) {
  printer& out = start(10);
  close_reader();
  EXPECT_TRUE(has_failed()) << "told without a line";
  for (int i = 0; i < 100; ++i) out.answer("x", [&] { ++done; });
  EXPECT_FALSE(out.finish());
  EXPECT_EQ(done, 100);
  EXPECT_TRUE(out.failed());
}

}  // namespace printer_test
}  // namespace hawser::cli
