// The thread that writes a log, against a target that blocks, fails, or is slow.
#include "io/log/log_writer.hpp"

#include <hawser/io/log.hpp>

#include "support/line_log.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace hawser::io {
namespace log_writer_test {

using hawser::test::patience;
using ::testing::ElementsAre;

// Writes while it is open, and remembers.
class gate final : public log_target {
 public:
  bool write(std::string_view text) override {
    std::unique_lock lock(mutex_);
    ++calls_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    if (failing_) return false;
    lines_.emplace_back(text);
    return true;
  }
  std::shared_ptr<log_target> after_fork() const override { return nullptr; }
  void set(bool open, bool failing = false) {
    const std::lock_guard guard(mutex_);
    open_ = open;
    failing_ = failing;
    changed_.notify_all();
  }
  bool called(int times) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return calls_ >= times; });
  }
  std::vector<std::string> lines() {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int calls_ = 0;
  bool open_ = true;
  bool failing_ = false;
  std::vector<std::string> lines_;
};

class log_lines : public ::testing::Test {
 protected:
  log_writer& writer() {
    if (!writer_) {
      writer_.emplace(target, [](std::uint64_t n) { return std::to_string(n) + " lost\n"; });
    }
    return *writer_;
  }
  void put(const std::string& line) { writer().put(line + "\n"); }
  // As many lines as wait behind one that is being written.
  void fill() {
    put("first");
    ASSERT_TRUE(target->called(1));
    for (std::size_t i = 0; i < log_writer::most_lines; ++i) put("x");
  }

  std::shared_ptr<gate> target = std::make_shared<gate>();
  std::optional<log_writer> writer_;
};

TEST_F(log_lines, come_in_order) {
  for (int i = 0; i < 3; ++i) put(std::to_string(i));
  EXPECT_TRUE(writer().drain(patience));
  EXPECT_THAT(target->lines(), ElementsAre("0\n", "1\n", "2\n"));
}

TEST_F(log_lines, beyond_the_bound_are_dropped_and_told_where_they_would_have_been) {
  target->set(false);
  fill();
  for (int i = 0; i < 5; ++i) put("dropped");
  target->set(true);
  EXPECT_TRUE(writer().drain(patience));
  put("later");
  EXPECT_TRUE(writer().drain(patience));
  const auto lines = target->lines();
  ASSERT_EQ(lines.size(), log_writer::most_lines + 3);
  EXPECT_EQ(lines[log_writer::most_lines + 1], "5 lost\n");
  EXPECT_EQ(lines.back(), "later\n");
}

TEST_F(log_lines, are_bounded_in_bytes_too) {
  target->set(false);
  put("first");
  ASSERT_TRUE(target->called(1));
  const std::string half(log_writer::most_bytes / 2 - 1, 'x');
  put(half);
  put(half);
  put("above");
  target->set(true);
  EXPECT_TRUE(writer().drain(patience));
  EXPECT_EQ(target->lines().back(), "1 lost\n");
  put(std::string(log_writer::most_bytes + 1, 'y'));  // Alone it may be as long as it is.
  EXPECT_TRUE(writer().drain(patience));
  EXPECT_EQ(target->lines().back().front(), 'y');
}

TEST_F(log_lines, that_a_target_fails_are_counted_until_it_works) {
  target->set(true, true);
  put("a");
  put("b");
  EXPECT_TRUE(writer().drain(patience));
  target->set(true);
  put("c");
  EXPECT_TRUE(writer().drain(patience));
  EXPECT_THAT(target->lines(), ElementsAre("2 lost\n", "c\n"));
}

TEST_F(log_lines, are_left_behind_with_a_target_that_never_comes_back) {
  target->set(false);
  put("first");
  put("second");
  ASSERT_TRUE(target->called(1));
  EXPECT_FALSE(writer().drain(duration::zero()));
  writer_.reset();
  EXPECT_TRUE(side_thread::any_left());
  target->set(true);
  while (side_thread::any_left()) std::this_thread::yield();
  EXPECT_THAT(target->lines(), ElementsAre("first\n")) << "and nothing is written any more";
}

// A pipe that nobody reads.
TEST(log_of_a_pipe, never_waits_for_its_reader) {
  const hawser::test::temp_folder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  auto log = make_file_log("x", path, log_level::info, 1 << 30, 1);
  ASSERT_EQ(words_of(log), "");
  for (int i = 0; i < 10'000; ++i) (*log)->write(log_level::info, std::string(100, 'x'));
  log->reset();  // The last one that holds it.
  EXPECT_TRUE(side_thread::any_left());
  ::close(reader);
  while (side_thread::any_left()) std::this_thread::yield();
}

TEST(side_thread, takes_no_signal_of_the_process) {
  sigset_t seen;
  sigemptyset(&seen);
  {
    const side_thread t(
        [&](const side_thread::self&) { pthread_sigmask(SIG_BLOCK, nullptr, &seen); });
  }
  for (const int taken : {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGPIPE, SIGCHLD}) {
    EXPECT_EQ(sigismember(&seen, taken), 1) << taken;
  }
  EXPECT_EQ(sigismember(&seen, SIGTTIN), 0) << "a job in the background is stopped, as ever";
}

}  // namespace log_writer_test
}  // namespace hawser::io
