// Files that arguments name and that cannot be used: exit code 2, one line, nothing begun.
#include "store/sqlite/inode_lock.hpp"
#include "support/program_fixture.hpp"
#include "support/sql.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace hawser::test {
namespace program_files_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class hawser_files : public program_fixture {
 protected:
  hawser_files() {
    std::ofstream(text) << "no database at all\n" + std::string(500, 'x');
    std::ofstream(empty) << "";
    std::ofstream(folder / "foreign.db") << "";
    sql(foreign, "CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  }
  void expect_refused(std::vector<std::string> words, const std::string& option,
                      const std::string& why) {
    const auto before = files();
    const finished r = run(words);
    const std::string said = words[0] + " " + words[1] + " " + r.errors;
    EXPECT_EQ(r.code, 2) << said;
    EXPECT_THAT(r.errors, StartsWith("hawser: " + option + ": ")) << said;
    EXPECT_THAT(r.errors, HasSubstr(why)) << said;
    EXPECT_EQ(std::count(r.errors.begin(), r.errors.end(), '\n'), 1) << said;
    EXPECT_THAT(r.lines, ElementsAre()) << said;
    EXPECT_EQ(files(), before) << said << "nothing was made";
  }
  std::vector<std::string> edge(const std::string& option, const std::string& value,
                                const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"edge",    "--url", "wss://127.0.0.1:1", "--device", "gw-7",
                                   "--store", store,   "--events",          "/dev/null"};
    return with(std::move(words), option, value, more);
  }
  std::vector<std::string> cloud(const std::string& option, const std::string& value,
                                 const std::vector<std::string>& more = {}) {
    return with({"cloud", "--ledger", "sqlite:" + ledger}, option, value, more);
  }
  std::vector<std::string> connect(const std::string& option, const std::string& value,
                                   const std::vector<std::string>& more = {}) {
    return with({"connect", "wss://127.0.0.1:1"}, option, value, more);
  }

  const std::string text = folder / "notes.txt";
  const std::string empty = folder / "empty";
  const std::string foreign = folder / "foreign.db";
  const std::string missing = folder / "none";
  const std::string nowhere = folder / "none/deeper";

 private:
  static std::vector<std::string> with(std::vector<std::string> words, const std::string& option,
                                       const std::string& value,
                                       const std::vector<std::string>& more) {
    const auto at = std::find(words.begin(), words.end(), option);
    if (at != words.end()) {
      at[1] = value;
    } else {
      words.insert(words.end(), {option, value});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const auto& f : std::filesystem::directory_iterator(folder.path())) {
      if (f.path().filename() != "errors") all.push_back(f.path().filename());
    }
    std::sort(all.begin(), all.end());
    return all;
  }
};

TEST_F(hawser_files, a_store_to_be_written) {
  for (const bool outbox : {true, false}) {
    const auto refused = [&](const std::string& path, const std::string& why) {
      if (outbox) return expect_refused(edge("--store", path), "--store", why);
      expect_refused(cloud("--ledger", "sqlite:" + path), "--ledger", why);
    };
    const std::string own = outbox ? "an outbox of hawser" : "a ledger of hawser";
    refused(folder.path(), folder.path() + ": Is a directory");
    refused(nowhere, folder / "none: No such file or directory");
    refused(text + "/x", text + ": Not a directory");
    refused(text, text + ": is not " + own);
    refused(foreign, foreign + ": is not " + own);
    refused("/dev/null", "/dev/null: is no regular file");
  }
  fill_store(1);
  expect_refused(cloud("--ledger", "sqlite:" + store), "--ledger",
                 store + ": is not a ledger of hawser but an outbox of hawser");
  sql(store, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA user_version = 99");
  sql(store, "PRAGMA wal_checkpoint(TRUNCATE)");
  expect_refused(edge("--store", store), "--store", "of version 99, this program knows version");
}

// Of a store that is there, and of one that is not there yet.
TEST_F(hawser_files, a_store_beside_a_folder_of_one_of_its_names) {
  for (const bool there : {true, false}) {
    if (there) {
      fill_store(1);
      const ready_cloud made(ledger);
    }
    for (const std::string suffix : {"-wal", "-shm", "-journal", ".id", "-lock"}) {
      const auto refused = [&](std::vector<std::string> words, const std::string& path,
                               const std::string& option) {
        const std::string taken = path + suffix;
        const bool moved = std::filesystem::exists(taken);
        if (moved) std::filesystem::rename(taken, folder / "kept");
        std::filesystem::create_directory(taken);
        expect_refused(std::move(words), option, taken + ": ");
        std::filesystem::remove(taken);
        if (moved) std::filesystem::rename(folder / "kept", taken);
      };
      refused(edge("--store", store), store, "--store");
      if (suffix == "-lock") continue;  // Only an edge wants it.
      refused(cloud("--ledger", "sqlite:" + ledger), ledger, "--ledger");
      if (!there) continue;
      for (const char* verb : {"verify", "dump"}) {
        refused({"outbox", verb, store}, store, store + suffix);
        refused({"ledger", verb, ledger}, ledger, ledger + suffix);
      }
    }
  }
}

TEST_F(hawser_files, a_store_may_be_named_from_where_one_is) {
  auto words = edge_words(nobody);
  words[8] = std::filesystem::relative(store);
  EXPECT_EQ(run(words, set_line()).code, 3);
  EXPECT_EQ(run({"outbox", "verify", words[8]}).code, 0);
}

TEST_F(hawser_files, an_empty_file_becomes_a_store) {
  auto words = edge_words(nobody);
  words[8] = empty;
  EXPECT_EQ(run(words, set_line()).code, 3);
}

TEST_F(hawser_files, a_store_to_be_looked_into) {
  fill_store(1);
  for (const char* kind : {"outbox", "ledger"}) {
    for (const char* verb : {"verify", "dump"}) {
      const auto refused = [&](const std::string& path, const std::string& why) {
        expect_refused({kind, verb, path}, "file", why);
      };
      refused(missing, missing + ": No such file or directory");
      refused(nowhere, nowhere + ": No such file or directory");
      refused(folder.path(), ": Is a directory");
      refused(text, text + ": is not ");
      refused(empty, empty + ": is not ");
      refused(foreign, foreign + ": is not ");
      refused("/dev/null", "is no regular file");
    }
  }
  expect_refused({"ledger", "verify", store}, "file", "not a ledger of hawser but an outbox");
}

// Locked, without an index, and not to be read: so a store looks while its owner opens it.
TEST_F(hawser_files, a_store_that_is_being_opened_is_looked_into_again_and_then_in_use) {
  fill_store(1);
  {
    std::fstream file(store, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);  // the schema
    file << std::string(3000, '\xFF');
  }
  std::optional<io::sqlite::inode_lock> owner(std::in_place, store,
                                              io::sqlite::inode_lock::writers::one);
  for (const char* verb : {"verify", "dump"}) {
    const finished r = run({"outbox", verb, store});
    EXPECT_EQ(r.code, 3) << r.errors;
    EXPECT_THAT(r.errors, HasSubstr(store + ": is in use"));
    EXPECT_THAT(r.lines, ElementsAre());
  }
  owner.reset();
  EXPECT_EQ(run({"outbox", "verify", store}).code, 1) << "without an owner it is damaged";
}

TEST_F(hawser_files, the_bounds_of_an_outbox) {
  expect_refused(edge("--outbox-bytes", "1000k"), "--outbox-bytes", "'1000k' is below 1M");
  expect_refused(edge("--outbox-bytes", "much"), "--outbox-bytes", "'much' is not a size such as");
  auto words = edge_words(nobody);
  words.insert(words.end(), {"--outbox-rows", "20", "--outbox-bytes", "1M"});
  std::string input = set_line();
  for (int i = 1; i <= 30; ++i) input += use_line("k" + std::to_string(i));
  const finished r = run(words, input);
  EXPECT_EQ(r.code, 3);
  EXPECT_EQ(std::count_if(r.lines.begin(), r.lines.end(),
                          [](const std::string& l) {
                            return l.find("\"outbox_full\"") != std::string::npos;
                          }),
            13);
}

TEST_F(hawser_files, events_and_tokens) {
  expect_refused(edge("--events", missing), "--events", missing + ": No such file or directory");
  expect_refused(edge("--events", folder.path()), "--events", ": Is a directory");
  expect_refused(edge("--token-file", missing), "--token-file", missing + ": cannot be read");
  expect_refused(edge("--token-file", folder.path()), "--token-file", ": cannot be read");
  expect_refused(edge("--token-file", empty), "--token-file", ": no token for device 'gw-7'");
  expect_refused(connect("--cert", "no\nsuch"), "--cert", "no\\x0asuch: ");
  expect_refused(cloud("--token-file", missing), "--token-file", missing + ": cannot be read");
  expect_refused(cloud("--token-file", text), "--token-file", text + ":1: not `device token`");
}

// Words that no option can be.
TEST_F(hawser_files, one_line_names_the_option) {
  expect_refused(connect("--pin", "x"), "--pin", "'x' is not sha256//");
  expect_refused(edge("--pin", "x"), "--pin", "'x' is not sha256//");
  expect_refused(connect("--subprotocol", "a b"), "--subprotocol", "'a b' is not a token");
  expect_refused(connect("--header", "Upgrade: x"), "--header",
                 "'Upgrade' belongs to the handshake");
  expect_refused({"connect", "http://h/"}, "url", "must begin with ws://");
  expect_refused(edge("--url", "http://h/"), "--url", "must begin with ws://");
  for (const char* wrong : {"0", "-1", "x", "1e999", " "}) {
    expect_refused(edge("--outbox-rows", wrong), "--outbox-rows",
                   ": '" + std::string(wrong) + "' is no number above 0\n");
  }
  expect_refused(connect("--cert", "no\nsuch"), "--cert", "no\\x0asuch: ");
  expect_refused(cloud("--token-file", missing), "--token-file", ": No such file or directory\n");
  for (const auto& words : {std::vector<std::string>{"connect", nobody, "--cert", text},
                            {"edge", "--url", nobody},
                            {"connect"},
                            {"cloud", "--ledger", "sqlite:l", "--pending-per-address", "x"}}) {
    const finished r = run(words);
    EXPECT_EQ(r.code, 2);
    EXPECT_THAT(r.errors, StartsWith("hawser: "));
    EXPECT_EQ(std::count(r.errors.begin(), r.errors.end(), '\n'), 1) << r.errors;
  }
}

TEST_F(hawser_files, certificates_and_keys) {
  const auto refused = [&](const auto& command, const std::string& option,
                           const std::string& certificate, const std::string& key) {
    for (const std::string& path : {missing, folder.path(), nowhere}) {
      std::vector<std::string> more;
      if (option == certificate) more = {key, text};
      if (option == key) more = {certificate, text};
      if (option == "--client-ca") more = {certificate, text, key, text};
      expect_refused(command(option, path, more), option, path + ": ");
    }
  };
  const auto of_edge = [this](auto&&... a) { return edge(a...); };
  const auto of_connect = [this](auto&&... a) { return connect(a...); };
  const auto of_cloud = [this](auto&&... a) { return cloud(a...); };
  for (const char* option : {"--ca", "--cert", "--key"}) {
    refused(of_edge, option, "--cert", "--key");
    refused(of_connect, option, "--cert", "--key");
  }
  for (const char* option : {"--tls-cert", "--tls-key", "--client-ca"}) {
    refused(of_cloud, option, "--tls-cert", "--tls-key");
  }
  // What can be read and is no certificate.
  for (const auto& [words, option] :
       {std::pair{cloud("--tls-cert", text, {"--tls-key", text}), "--tls-cert"},
        std::pair{edge("--ca", text), "--ca"}}) {
    const finished r = run(words);
    EXPECT_EQ(r.code, 2) << option;
    EXPECT_THAT(r.errors, StartsWith(std::string("hawser: ") + option + ": " + text + ": "));
  }
  const finished r = run(connect("--ca", text, {"--log", "off"}));
  EXPECT_EQ(r.code, 2);
  EXPECT_THAT(r.errors, HasSubstr("--ca: " + text));
}

TEST_F(hawser_files, a_socket_that_is_none) {
  expect_refused(edge("--unix-socket", text), "--unix-socket", text + ": is no socket");
  expect_refused(connect("--unix-socket", folder.path()), "--unix-socket", ": is no socket");
}

TEST_F(hawser_files, a_log) {
  for (const auto& words : {edge("--log-file", nowhere), cloud("--log-file", nowhere),
                            connect("--log-file", nowhere)}) {
    expect_refused(words, "--log-file", nowhere + ": No such file or directory");
  }
  expect_refused(edge("--log-file", folder.path()), "--log-file", ": Is a directory");
  const std::string pipe = folder / "log.pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refused(edge("--log-file", pipe), "--log-file", pipe + ": No such device or address");
}

}  // namespace program_files_test
}  // namespace hawser::test
