// A demo that is ended early leaves nothing behind.
#include "support/program_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace hawser {
namespace program_demo_test {

namespace fs = std::filesystem;
using test::comes_true;
using test::program;

class hawser_demo : public test::program_fixture {
 protected:
  void SetUp() override {
    fs::create_directory(scratch);
    ::setenv("TMPDIR", scratch.c_str(), 1);
  }
  void TearDown() override { ::unsetenv("TMPDIR"); }

  // Processes that were told a path in our scratch folder.
  std::size_t children() const {
    std::size_t n = 0;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ostringstream told;
      told << std::ifstream(entry.path() / "cmdline").rdbuf();
      n += told.str().find(scratch) != std::string::npos;
    }
    return n;
  }
  bool running() {
    return comes_true([&] { return children() >= 3; });
  }

  std::string scratch = folder / "scratch";
  const std::vector<std::string> words{"demo", "--devices", "2", "--receipts", "1000000"};
};

TEST_F(hawser_demo, a_signal_ends_its_processes_and_removes_its_folder) {
  for (const int signal : {SIGTERM, SIGINT}) {
    program demo(words, folder / "errors");
    ASSERT_TRUE(running());
    demo.signal(signal);
    EXPECT_EQ(demo.wait_at_most(), 1);
    EXPECT_EQ(children(), 0U);
    EXPECT_TRUE(fs::is_empty(scratch));
  }
}

TEST_F(hawser_demo, its_processes_do_not_outlive_it) {
  program demo(words);
  ASSERT_TRUE(running());
  demo.signal(SIGKILL);
  EXPECT_EQ(demo.wait(), 128 + SIGKILL);
  EXPECT_TRUE(comes_true([&] { return children() == 0; }));
}

}  // namespace program_demo_test
}  // namespace hawser
