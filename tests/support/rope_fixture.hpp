// A whole rope in one process: an edge, a relay that misbehaves when told, a cloud.
#pragma once

#include <hawser/cloud/cloud.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "cli/demo/relay.hpp"
#include "support/edge_driver.hpp"
#include "support/temp_folder.hpp"
#include "support/words.hpp"

#include <map>
#include <random>
#include <thread>

namespace hawser::test {

using std::chrono_literals::operator""ms;

class rope_fixture : public ::testing::Test {
 protected:
  rope_fixture() {
    cloud_opts.ledger = folder / "ledger.db";
    cloud_opts.log = cloud_log;
    cloud_opts.heartbeat = 150ms;
    edge_opts.device = "gw-7";
    edge_opts.store = folder / "edge.db";
    edge_opts.log = edge_log;
    edge_opts.heartbeat = 150ms;
    edge_opts.backoff_base = 5ms;
    edge_opts.backoff_cap = 50ms;
    edge_opts.backoff_seed = 1;
    edge_opts.slow_retry = 50ms;
    edge_opts.uplink.url = "ws://127.0.0.1:" + std::to_string(relay_.listen().value());
    relay_thread_ = std::thread([this] { relay_loop_->run(); });
  }
  ~rope_fixture() override {
    node.reset();
    sky.reset();
    relay_loop_->stop();
    relay_thread_.join();
  }

  void start_cloud() {
    sky = std::make_unique<cloud>(cloud_opts);
    const auto bound = sky->start();
    ASSERT_EQ(words_of(bound), "");
    port = *bound;
    relay_.aim(port);
  }
  void stop_cloud() {
    sky->stop();
    sky.reset();
  }
  void start_edge() {
    node = std::make_unique<edge>(edge_opts);
    node->on_acknowledged([this](const std::string& stream, std::uint64_t seq) {
      EXPECT_GT(seq, acknowledged[stream]) << stream << ": never lowered, never told twice";
      acknowledged[stream] = seq;
    });
    ASSERT_TRUE(take_words(node->start(), error)) << error;
  }
  void stop_edge() {
    node->stop(duration::zero());
    node.reset();
  }
  void aim(std::uint16_t at) { relay_.aim(at); }
  void cut(io::cut_kind how) { relay_.cut(how); }

  answer ask(governor::event e) { return test::ask(*node, std::move(e)); }
  /// `count` uses of quota `id`, with keys that go on where the last call ended.
  void feed(const std::string& id, int count) {
    answers got;
    if (!fed.contains(id)) {
      EXPECT_TRUE(ask(set_quota(id)).ok);
    }
    for (int i = 0; i < count; ++i) {
      const int n = ++fed[id];
      EXPECT_TRUE(node->apply(use(id, 1, "k" + std::to_string(n)), got.taker()));
    }
    for (const answer& a : got.wait(static_cast<std::size_t>(count))) EXPECT_TRUE(a.ok) << a.json;
  }
  void drain() {
    EXPECT_TRUE(node->drain(patience)) << node->pending() << " pending\n"
                                       << edge_log->all() << cloud_log->all();
  }

  struct ledger_view {
    audit_result found;
    std::map<std::string, std::vector<std::string>> keys;  // by governor, in order, of uses
  };
  ledger_view ledger() {
    ledger_view out;
    const auto archive = take_words(open_ledger_archive(cloud_opts.ledger), error);
    EXPECT_TRUE(archive) << error;
    if (!archive) return out;
    const auto hash = make_sha256();
    const auto found = audit(**archive, *hash, [&](const stored_stream& s, const receipt& r) {
      if (r.event == "record_usage") out.keys[s.key.governor].push_back(r.key);
    });
    EXPECT_TRUE(found);
    if (found) out.found = *found;
    return out;
  }
  /// Every fed use is in the ledger once, in its order, in a chain without a break.
  void expect_whole_ledger() {
    const ledger_view v = ledger();
    EXPECT_EQ(v.found.broken, 0U);
    for (const auto& [id, count] : fed) expect_whole_stream(v, id, count);
  }
  static void expect_whole_stream(const ledger_view& v, const std::string& id, int count) {
    std::vector<std::string> expected;
    for (int n = 1; n <= count; ++n) expected.push_back("k" + std::to_string(n));
    const auto it = v.keys.find("quota/" + id);
    ASSERT_NE(it, v.keys.end()) << id;
    EXPECT_EQ(it->second, expected) << id;
  }

  temp_folder folder;
  std::shared_ptr<line_log> edge_log = std::make_shared<line_log>();
  std::shared_ptr<line_log> cloud_log = std::make_shared<line_log>();
  cloud_options cloud_opts;
  edge_options edge_opts;
  std::string error;
  std::uint16_t port = 0;
  std::map<std::string, int> fed;                     // uses, by quota
  std::map<std::string, std::uint64_t> acknowledged;  // of the writer's thread
  std::unique_ptr<cloud> sky;
  std::unique_ptr<edge> node;

 private:
  std::shared_ptr<io::loop> relay_loop_ = std::make_shared<io::loop>();
  io::relay relay_{relay_loop_};
  std::thread relay_thread_;
};

}  // namespace hawser::test
