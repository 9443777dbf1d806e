// A whole rope on one thread, in virtual time: what follows from a seed follows from it twice.
#include <hawser/cloud/cloud.hpp>
#include <hawser/core/receipt/receipt_json.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "support/edge_driver.hpp"
#include "support/temp_folder.hpp"
#include "support/virtual_environment.hpp"
#include "support/words.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace one_thread_test {

using namespace hawser::test;
using namespace std::chrono_literals;
using hawser::cloud;
using hawser::edge;
using hawser::test::virtual_environment;

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// An edge and a cloud, and everything that was seen of them, each line with its time.
class rope {
 public:
  explicit rope(std::uint64_t seed) : environment_(seed) {
    cloud_options_.ledger = folder_ / "ledger.db";
    cloud_options_.environment = environment_.share();
    cloud_options_.log = cloud_log_;
    edge_options_.device = "gw-7";
    edge_options_.store = folder_ / "edge.db";
    edge_options_.environment = environment_.share();
    edge_options_.log = edge_log_;
  }

  void start_cloud() {
    sky_.emplace(cloud_options_);
    const auto port = sky_->start();
    ASSERT_EQ(words_of(port), "");
    cloud_options_.port = *port;
    edge_options_.uplink.url = "ws://127.0.0.1:" + std::to_string(*port);
  }
  void stop_cloud() {
    sky_->stop();
    sky_.reset();
  }
  void start_edge() {
    node_.emplace(edge_options_);
    node_->on_acknowledged([this](const std::string& stream, std::uint64_t seq) {
      note("acknowledged " + stream + " " + std::to_string(seq));
    });
    std::string error;
    ASSERT_TRUE(take_words(node_->start(), error)) << error;
  }
  void stop_edge() {
    EXPECT_EQ(node_->stop(1h), 0u);
    node_.reset();
  }
  void apply(hawser::governor::event e) {
    EXPECT_TRUE(node_->apply(std::move(e), [this](const hawser::answer& a) { note(a.json); }));
  }
  bool drain(hawser::duration most) { return node_->drain(most); }
  std::uint64_t pending() const { return node_->pending(); }
  void note(const std::string& what) {
    seen_.push_back(std::to_string(environment_.now().time_since_epoch().count()) + " " + what);
  }

  /// Every receipt of the ledger, its hash, and what was seen and logged.
  std::vector<std::string> story() {
    std::vector<std::string> all = seen_;
    std::string error;
    const auto archive = take_words(hawser::open_ledger_archive(cloud_options_.ledger), error);
    EXPECT_TRUE(archive) << error;
    if (!archive) return all;
    const auto hash = hawser::make_sha256();
    const auto found =
        audit(**archive, *hash, [&](const hawser::stored_stream& s, const hawser::receipt& r) {
          all.push_back(hawser::to_json(r, s.key, 0));
          ++receipts_[r.event];
        });
    EXPECT_TRUE(found);
    if (found) {
      EXPECT_EQ(found->broken, 0u);
    }
    return all;
  }
  std::size_t receipts(const std::string& event) const {
    const auto found = receipts_.find(event);
    return found != receipts_.end() ? found->second : 0;
  }
  std::string logged() const { return edge_log_->all() + cloud_log_->all(); }
  virtual_environment& environment() noexcept { return environment_; }

 private:
  temp_folder folder_;
  virtual_environment environment_;
  std::shared_ptr<line_log> cloud_log_ = std::make_shared<line_log>();
  std::shared_ptr<line_log> edge_log_ = std::make_shared<line_log>();
  hawser::cloud_options cloud_options_;
  hawser::edge_options edge_options_;
  std::vector<std::string> seen_;
  std::map<std::string, std::size_t> receipts_;  // by event
  std::optional<cloud> sky_;
  std::optional<edge> node_;
};

// Events while the link is there, while it is cut, and while the cloud is gone for an hour.
std::vector<std::string> live(std::uint64_t seed) {
  const auto before = threads();
  rope r(seed);
  r.start_cloud();
  r.start_edge();
  EXPECT_LE(threads(), before);
  r.apply(set_quota("tenant-1"));
  for (int i = 0; i < 20; ++i) {
    r.apply(use("tenant-1", 1, "k" + std::to_string(i)));
    r.environment().advance(100ms);
    if (i == 10) r.environment().cut();
  }
  EXPECT_TRUE(r.drain(1min)) << r.logged();
  r.stop_cloud();
  for (int i = 20; i < 30; ++i) {
    r.apply(use("tenant-1", 1, "k" + std::to_string(i)));
    r.environment().advance(6min);
  }
  EXPECT_GT(r.pending(), 10u);  // A window of the quota has ended meanwhile, which is told as well.
  r.start_cloud();
  EXPECT_TRUE(r.drain(1h)) << r.logged();
  r.stop_edge();
  r.stop_cloud();
  auto all = r.story();
  EXPECT_EQ(r.receipts("set_quota"), 1u);
  EXPECT_EQ(r.receipts("record_usage"), 30u);
  return all;
}

TEST(one_thread, an_edge_and_a_cloud_carry_events_to_the_ledger_in_virtual_time) {
  const auto once = live(7);
  EXPECT_GT(once.size(), 31u + 31u);
  EXPECT_EQ(once, live(7));
  EXPECT_NE(once, live(8));  // Another epoch, other pauses.
}

// The disk comes in through the environment, too.
TEST(one_thread, the_stores_lie_in_the_file_system_of_the_environment) {
  const temp_folder folder;
  virtual_environment environment(1);
  environment.use_files_of("no such VFS");
  std::string error;
  edge node({.device = "gw-7", .store = folder / "edge.db", .environment = environment.share()});
  const auto started = take_words(node.start(), error);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), hawser::store_errc::failed) << error;
  cloud sky({.ledger = folder / "ledger.db", .environment = environment.share()});
  const auto port = sky.start();
  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().code, hawser::store_errc::failed) << words_of(port);
}

}  // namespace one_thread_test
