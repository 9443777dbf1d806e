// Nothing makes the program unkillable: terminals and pipes whose reader pauses, a log that nobody
// reads, no descriptors left, a full disk.
#include "cli/signals.hpp"
#include "support/connect_fixture.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>

namespace hawser::test {
namespace program_stuck_test {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A terminal that nobody reads.
class terminal {
 public:
  terminal() {
    char name[128];
    if (::openpty(&master_, &slave_, name, nullptr, nullptr) != 0) return;
    ::fcntl(master_, F_SETFD, FD_CLOEXEC);
    ::fcntl(slave_, F_SETFD, FD_CLOEXEC);
    path_ = name;
  }
  ~terminal() {
    ::close(master_);
    ::close(slave_);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  const std::string& path() const { return path_; }
  /// Takes nothing from now on, as by Ctrl-S.
  void pause() const { ASSERT_EQ(::tcflow(slave_, TCOOFF), 0); }
  /// Writes until it takes no more. The system may make room for some more lines later.
  void fill() const {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    const std::string piece(1000, 'x');
    while (::write(fd, piece.data(), piece.size()) > 0) {
    }
    ::close(fd);
  }
  bool may_block() const { return (::fcntl(slave_, F_GETFL) & O_NONBLOCK) == 0; }
  /// Whether something was written to it.
  bool written() const {
    pollfd p{master_, POLLIN, 0};
    return ::poll(&p, 1, 0) > 0;
  }

 private:
  int master_ = -1;
  int slave_ = -1;
  std::string path_;
};

class hawser_stuck : public hawser_connect {
 protected:
  // Sends the signal until the program has ended: the second one at the latest.
  std::optional<int> ends_by(program& p, int signal) {
    std::optional<int> code;
    comes_true([&] {  // Two signals at the same time would be one.
      p.signal(signal);
      code = p.wait_at_most(100ms);
      return code.has_value();
    });
    return code;
  }
  std::string events(int uses) {
    std::ofstream out(folder / "events");
    out << set_line();
    for (int i = 1; i <= uses; ++i) out << use_line("k" + std::to_string(i));
    return folder / "events";
  }
  std::size_t receipts() {
    const auto verify = run({"outbox", "verify", store});
    return verify.lines.empty() ? 0 : std::stoul(field(verify.lines[0], "receipts"));
  }
  bool at_rest() const { return ::access((store + "-wal").c_str(), F_OK) != 0; }

  terminal tty;
};

// Sends what it has until the client leaves.
raw_server eager() {
  return raw_server([](const raw_server::link& l) {
    l.accept_upgrade();
    const std::string text(2000, 'x');
    const std::string frame = std::string("\x81\x7e\x07\xd0", 4) + text;
    while (::send(l.fd(), frame.data(), frame.size(), MSG_NOSIGNAL) > 0) {
    }
  });
}

TEST_F(hawser_stuck, an_edge_on_a_terminal_ends_in_order_by_the_first_signal) {
  auto words = edge_words(nobody);
  words[10] = events(5000);
  for (const bool follow : {false, true}) {
    if (follow) words.push_back("--follow");
    store = words[8] = folder / (follow ? "follow.db" : "plain.db");
    program edge(words, folder / "edge", {.output = tty.path()});
    ASSERT_TRUE(comes_true([&] { return receipts() > 500; }));
    edge.signal(SIGTERM);
    EXPECT_EQ(edge.wait_at_most(), 1) << follow;
    EXPECT_THAT(said("edge"), HasSubstr("standard output failed: its reader does not read"));
    EXPECT_TRUE(at_rest()) << "the store was closed";
    EXPECT_TRUE(tty.may_block()) << "its flags are the shell's too";
  }
}

TEST_F(hawser_stuck, an_edge_whose_complaints_go_there_too_ends_all_the_same) {
  tty.fill();
  auto words = edge_words(nobody);
  words[1] = "trace";
  words[10] = events(5000);
  program edge(words, tty.path(), {.output = tty.path()});
  ASSERT_TRUE(comes_true([&] { return receipts() > 500; }));
  edge.signal(SIGTERM);
  EXPECT_EQ(edge.wait_at_most(), 1);
  EXPECT_TRUE(at_rest());
}

TEST_F(hawser_stuck, the_second_signal_ends_at_once_on_a_terminal) {
  tty.fill();
  auto words = edge_words(nobody);
  words[12] = "5m";
  program edge(words, tty.path(), {.output = tty.path()});
  edge.write(set_line());
  ASSERT_TRUE(comes_true([&] { return receipts() >= 2; }));
  EXPECT_EQ(ends_by(edge, SIGINT), 128 + SIGINT);
}

TEST_F(hawser_stuck, a_conversation_on_a_terminal_ends_by_its_bound_or_by_a_signal) {
  for (const bool signal : {false, true}) {
    const terminal out;  // Empty: what is written says that the program runs.
    raw_server server = eager();
    program p({"--log", "off", "connect", server.url(), "--stall", signal ? "10m" : "100ms"},
              folder / "errors", {.output = out.path()});
    if (signal) {
      ASSERT_TRUE(comes_true([&] { return out.written(); }));
      p.signal(SIGTERM);
    }
    EXPECT_EQ(p.wait_at_most(), 1) << signal;
    EXPECT_THAT(said(), HasSubstr("standard output failed: its reader does not read"));
    EXPECT_TRUE(out.may_block());
  }
}

TEST_F(hawser_stuck, a_cloud_that_cannot_say_where_it_listens_serves_and_ends) {
  tty.pause();
  const std::string socket = folder / "socket";
  program sky({"cloud", "--ledger", "sqlite:" + ledger, "--listen", "unix:" + socket},
              folder / "sky", {.output = tty.path()});
  ASSERT_TRUE(comes_true([&] { return ::access(socket.c_str(), F_OK) == 0; }));
  auto words = edge_words("ws://cloud");
  words[12] = "30s";
  words.insert(words.end(), {"--unix-socket", socket});
  EXPECT_EQ(run(words, set_line()).code, 0);
  sky.signal(SIGTERM);
  EXPECT_EQ(sky.wait_at_most(), 1);
  EXPECT_THAT(said("sky"), HasSubstr("standard output failed: its reader does not read"));
  EXPECT_NE(::access((ledger + "-wal").c_str(), F_OK), 0) << "the ledger was closed";
}

TEST_F(hawser_stuck, a_demo_is_not_held_up_by_what_it_says) {
  tty.fill();
  std::vector<std::string> words{"demo",   "--devices", "1",       "--receipts", "100",
                                 "--cuts", "0",         "--kills", "0"};
  program told(words, tty.path());
  EXPECT_FALSE(told.rest().empty());
  EXPECT_EQ(told.wait_at_most(), 0);
  program shown(words, folder / "errors", {.output = tty.path()});
  std::optional<int> code;
  EXPECT_TRUE(comes_true([&] {  // By the first signal, or later if that came too early.
    shown.signal(SIGTERM);
    code = shown.wait_at_most(100ms);
    return code.has_value();
  }));
}

TEST_F(hawser_stuck, archives_obey_the_first_signal_on_a_terminal) {
  fill_store(500);
  program dump({"outbox", "dump", store}, tty.path(), {.output = tty.path()});
  ASSERT_TRUE(comes_true([&] { return tty.written(); }));
  dump.signal(SIGINT);
  EXPECT_EQ(dump.wait_at_most(), 128 + SIGINT);
}

// A trace is more than a pipe holds.
TEST_F(hawser_stuck, a_log_that_nobody_reads_holds_up_nothing) {
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  acceptor_host host;
  const std::vector<std::string> talk{"--trace", "on", "connect", host.url()};
  for (const bool file : {false, true}) {
    auto words = talk;
    if (file) words.insert(words.begin(), {"--log-file", pipe});
    program p(words, file ? folder / "errors" : pipe);
    for (int i = 0; i < 1000; ++i) {
      p.write("line " + std::to_string(i) + "\n");
      ASSERT_EQ(p.line(), "line " + std::to_string(i));
    }
    p.signal(SIGTERM);
    EXPECT_EQ(p.wait_at_most(), 0) << "in order";
    EXPECT_EQ(::fcntl(reader, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  }
  ::close(reader);
}

// After the last word of the program: its store is at rest, the log waits for its reader.
TEST_F(hawser_stuck, signals_count_while_the_log_drains_too) {
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  const std::string piece(4096, 'x');
  while (::write(reader, piece.data(), piece.size()) > 0) {
  }
  // The code of an edge that gets these signals when its main loop is over.
  const auto code_after = [&](std::initializer_list<int> signals) {
    auto words = edge_words(nobody);
    words[1] = "info";
    program edge(words, pipe);
    edge.write(set_line());
    EXPECT_TRUE(edge.line());
    EXPECT_FALSE(at_rest());
    edge.close_input();
    EXPECT_TRUE(comes_true([&] { return at_rest(); }));
    for (const int signal : signals) edge.signal(signal);
    return edge.wait_at_most().value_or(-1);
  };
  EXPECT_EQ(code_after({}), 3);
  EXPECT_EQ(code_after({SIGUSR1}), 3);
  EXPECT_EQ(code_after({SIGTERM}), 3) << "the first one changes nothing: all has ended in order";
  // A machine that is busy may let the drain end before the signals come.
  EXPECT_TRUE(comes_true([&] { return code_after({SIGINT, SIGTERM}) == 128 + SIGTERM; }));
  ::close(reader);
}

// Whatever holds up the start: two signals end it at the latest.
TEST_F(hawser_stuck, signals_end_a_start_that_is_held_up) {
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string cloud = "sqlite:" + ledger;
  auto edge = edge_words(nobody);
  edge.insert(edge.end(), {"--token-file", pipe});
  auto secure = edge_words("wss://127.0.0.1:1");
  secure.insert(secure.end(), {"--ca", pipe});
  for (const auto& words : std::vector<std::vector<std::string>>{
           edge,
           secure,
           {"cloud", "--ledger", cloud, "--token-file", pipe},
           {"cloud", "--ledger", cloud, "--tls-cert", pipe, "--tls-key", pipe},
           {"connect", "wss://127.0.0.1:1", "--ca", pipe},
           {"ledger", "verify", pipe}}) {
    for (const int signal : {SIGTERM, SIGINT}) {
      program p(words, folder / "errors");
      EXPECT_TRUE(ends_by(p, signal)) << words[0] << ' ' << words[1];
    }
  }
}

TEST(program_signals, two_end_a_process_that_waits_for_no_termination_yet) {
  const auto die = [] {
    cli::watch_termination();
    ::kill(::getpid(), SIGUSR1);
    ::kill(::getpid(), SIGINT);
    ::kill(::getpid(), SIGTERM);
    for (;;) ::pause();
  };
  EXPECT_EXIT(die(), ::testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(program_signals, the_first_waits_for_the_termination_and_is_told_it_once) {
  const auto live = [] {
    cli::watch_termination();
    ::kill(::getpid(), SIGINT);
    sigset_t waiting;
    do {  // Until the watch has taken it.
      ::sigpending(&waiting);
    } while (::sigismember(&waiting, SIGINT) == 1);
    std::atomic<int> told = 0;
    {
      const cli::termination end([&] {
        ++told;
        told.notify_all();
      });
      told.wait(0);
    }
    const cli::termination next([&] { ++told; });
    ::_exit(told);
  };
  EXPECT_EXIT(live(), ::testing::ExitedWithCode(1), "");
}

TEST_F(hawser_stuck, a_log_file_on_a_full_disk_is_told_once) {
  auto words = edge_words(nobody);
  words.insert(words.begin(), {"--log-file", "/dev/full", "--trace", "on"});
  const auto r = run(words, set_line());
  EXPECT_EQ(r.code, 3);
  EXPECT_THAT(r.lines, SizeIs(1));
  const auto at = r.errors.find("lines are lost");
  EXPECT_NE(at, std::string::npos) << r.errors;
  EXPECT_EQ(r.errors.find("lines are lost", at + 1), std::string::npos);
  EXPECT_THAT(r.errors, HasSubstr("No space left on device"));
}

// The undefined-behavior sanitizer asks through a pipe whether it may read an address: without a
// descriptor it sees faults where there are none.
#ifndef __SANITIZE_ADDRESS__

TEST_F(hawser_stuck, too_few_descriptors_are_told_or_enough) {
  for (int descriptors = 4; descriptors <= 16; descriptors += 2) {
    for (const std::string command : {"edge", "connect", "cloud"}) {
      auto words = edge_words(nobody);
      words[8] = folder / (std::to_string(descriptors) + ".db");
      if (command == "connect") words = {"connect", nobody, "--reconnect"};
      if (command == "cloud") words = {"cloud", "--ledger", "sqlite:" + ledger};
      program p(words, folder / "errors", {.descriptors = descriptors});
      p.write(set_line());
      // The first signal ends what has begun, in order or not begun at all.
      std::optional<int> code;
      if (command == "cloud") {
        p.line();
        p.signal(SIGTERM);
        code = p.wait_at_most();
      } else {
        p.close_input();
        code = command == "edge" ? p.wait_at_most() : ends_by(p, SIGTERM);
      }
      ASSERT_TRUE(code) << command << ' ' << descriptors;
      if (code == 1) {
        EXPECT_THAT(said(), AnyOf(HasSubstr("Too many open files"), HasSubstr("onnection refused")))
            << command << ' ' << descriptors;
      }
      ::unlink((folder / "errors").c_str());
    }
  }
}

TEST_F(hawser_stuck, a_cloud_without_a_descriptor_for_a_link_says_so_once_and_ends) {
  program sky({"cloud", "--ledger", "sqlite:" + ledger}, folder / "sky");
  const auto listening = sky.line();
  ASSERT_TRUE(listening);
  const std::string descriptors = "/proc/" + std::to_string(sky.pid()) + "/fd/";
  rlim_t free = 0;  // The first one.
  while (std::filesystem::is_symlink(descriptors + std::to_string(free))) ++free;
  const rlimit none{free, free};
  ASSERT_EQ(::prlimit(sky.pid(), RLIMIT_NOFILE, &none, nullptr), 0);
  program edge(edge_words(field(*listening, "listening")));
  edge.write(set_line());
  ASSERT_TRUE(edge.line());
  ASSERT_TRUE(comes_true([&] { return said("sky").find("no link can be") != std::string::npos; }));
  sky.signal(SIGTERM);
  EXPECT_EQ(sky.wait_at_most(), 0);
  const std::string log = said("sky");
  EXPECT_EQ(log.find("no link can be"), log.rfind("no link can be")) << log;
  EXPECT_THAT(log, HasSubstr(" W [cloud] no link can be accepted"));
}

#endif

}  // namespace program_stuck_test
}  // namespace hawser::test
