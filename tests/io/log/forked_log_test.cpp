// A log in a child that fork() has made, which has none of its parent's threads.
#include <hawser/io/log.hpp>

#include "support/line_log.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sstream>
#include <stop_token>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

// Under a sanitizer a child of a process with threads may not go on: ThreadSanitizer lets no thread
// begin there, and what another thread held of AddressSanitizer's allocator stays locked.
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)

namespace hawser::io {
namespace forked_log_test {

using ::testing::HasSubstr;
using ::testing::Not;

class forked_log : public ::testing::Test {
 protected:
  std::shared_ptr<log_sink> open_file() {
    auto made = make_file_log("x", file, log_level::info, 1 << 20, 1);
    EXPECT_EQ(words_of(made), "");
    return made ? *made : nullptr;
  }
  // Whether the child ended by itself, and with 0.
  static bool in_child(const std::function<void()>& body) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::alarm(60);
      body();
      ::_exit(0);
    }
    int status = -1;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++n;
    return n;
  }

  test::temp_folder folder;
  const std::string file = folder / "app.log";
};

TEST_F(forked_log, in_a_file_goes_on_after_a_warning) {
  auto log = open_file();
  log->write(log_level::info, "before");
  EXPECT_TRUE(in_child([&] {
    log->write(log_level::info, "of the child");
    EXPECT_TRUE(in_child([&] {
      log->write(log_level::info, "of its child");
      log.reset();
    }));
    log.reset();  // The last one that holds it waits for its lines.
  }));
  log->write(log_level::info, "after");
  log.reset();
  const std::string all = text_of(file);
  for (const char* line : {"before", "of the child", "of its child", "after"}) {
    EXPECT_EQ(count(all, line), 1u) << line << '\n' << all;
  }
  EXPECT_EQ(count(all, " W [log] process "), 2u) << all;
}

TEST_F(forked_log, of_standard_error_goes_on) {
  const std::string errors = folder / "errors";
  const auto log = make_stderr_log("x", log_level::info);
  write_stderr("made\n");
  ASSERT_TRUE(drain_stderr());
  EXPECT_TRUE(in_child([&] {
    ::dup2(::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
    log->write(log_level::info, "of the child");
    write_stderr("and a word\n");
    if (!drain_stderr()) ::_exit(1);
  }));
  EXPECT_THAT(text_of(errors), HasSubstr("[x] of the child\nand a word\n"));
}

// While others are in the middle of it: nothing that they hold is wanted by the child, and what
// waits is the parent's to write.
TEST_F(forked_log, waits_for_nobody_who_logged_at_that_moment) {
  auto log = open_file();
  std::vector<std::jthread> busy;
  for (int i = 0; i < 3; ++i) {
    busy.emplace_back([&](const std::stop_token& over) {
      while (!over.stop_requested()) {
        log->write(log_level::info, "parent");
        std::this_thread::yield();
      }
    });
  }
  busy.emplace_back([](const std::stop_token& over) {  // libc's, not ours
    for (std::tm out; !over.stop_requested();) {
      const std::time_t now = 0;
      ::localtime_r(&now, &out);
    }
  });
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(in_child([&] {
      log->write(log_level::info, "child " + std::to_string(i) + ";");
      log.reset();
    }));
  }
  busy.clear();
  log.reset();
  const std::string all = text_of(file) + text_of(folder / "app.1.log");
  EXPECT_EQ(count(all, "] child "), 20u);
}

TEST_F(forked_log, that_nothing_was_written_to_ends_without_a_word) {
  auto log = open_file();
  log->write(log_level::info, "before");
  EXPECT_TRUE(in_child([&] { log.reset(); }));
  log.reset();
  EXPECT_THAT(text_of(file), Not(HasSubstr("forked")));
}

}  // namespace forked_log_test
}  // namespace hawser::io

#endif
