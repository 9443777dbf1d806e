// An edge and a cloud in this process, on disks of a test.
#pragma once

#include <hawser/cloud/cloud.hpp>
#include <hawser/edge/edge.hpp>
#include <hawser/edge/event_json.hpp>

#include "crash/campaign/disk.hpp"
#include "crash/campaign/feeder.hpp"
#include "crash/campaign/verdict.hpp"
#include "support/line_log.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace hawser::crash {

/// What was said at which position of the disk that records.
struct said {
  std::string text;
  std::size_t position = 0;
};

/// Used by one thread; the stores are folder/edge.db and folder/ledger.db.
class rope {
 public:
  /// Either disk may be null: then it is the system's. `clock` (may be null) says positions.
  rope(std::string folder, disk* edge_disk, disk* cloud_disk, disk* clock = nullptr);
  ~rope();

  /// False if it refuses; error() says why.
  bool start_cloud();
  bool start_edge();
  void stop_cloud();
  /// Waits for acknowledgments if `drain`.
  void stop_edge(bool drain);
  bool edge_runs() const { return edge_ != nullptr; }
  bool cloud_runs() const { return cloud_ != nullptr; }
  const std::string& error() const { return error_; }

  /// Asks up to `count` events, so many in flight, and waits for their answers.
  void feed(feeder& f, int count, std::size_t in_flight);
  /// Asks until the feeder, which is finished, has nothing more to ask. False if that does not
  /// come.
  bool settle(feeder& f);
  /// Whether every receipt is acknowledged in time.
  bool drain();
  /// The usage of that quota as the edge answers it; -1: it does not.
  std::int64_t usage(const std::string& id);

  std::string edge_store() const { return folder_ + "/edge.db"; }
  std::string ledger_store() const { return folder_ + "/ledger.db"; }
  /// Both stores against the feeder, after the stop of both.
  verdict prove(const feeder& f) const;

  /// When each event, by its index, was answered as done first.
  const std::map<std::size_t, std::size_t>& answered_at() const { return answered_at_; }
  /// When each event was answered store_failed and given up.
  const std::map<std::size_t, std::size_t>& refused_at() const { return refused_at_; }
  /// `text`: the stream's name and a space and the number up to which it is acknowledged.
  std::vector<said> acknowledgments();
  std::string logs() const { return edge_log_->all() + cloud_log_->all(); }

 private:
  bool ask(const std::string& line);
  bool take(feeder& f);

  std::string folder_;
  disk* edge_disk_;
  disk* cloud_disk_;
  disk* clock_;
  std::string error_;
  event_reader reader_;
  std::shared_ptr<test::line_log> edge_log_;
  std::shared_ptr<test::line_log> cloud_log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<said> answers_;
  std::vector<said> acknowledgments_;
  std::map<std::size_t, std::size_t> answered_at_;
  std::map<std::size_t, std::size_t> refused_at_;
  std::unique_ptr<cloud> cloud_;
  std::unique_ptr<edge> edge_;
};

}  // namespace hawser::crash
