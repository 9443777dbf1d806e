// Keyed events for one device, and what was answered to each.
#pragma once

#include "crash/campaign/chance.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::crash {

struct fed_event {
  enum class delivery {
    open,      ///< not asked yet, in flight, or to be asked again
    done,      ///< answered as done, now or by an earlier life
    not_done,  ///< answered store_failed, and not asked again: it must not be in the store
  };
  std::string id;   ///< of its quota
  std::string key;  ///< unique among all devices' events
  std::string name;
  std::int64_t amount = 0;
  delivery is = delivery::open;
  std::uint64_t asked_at = 0;     ///< when it was asked first; 0: never
  std::uint64_t first_asked = 0;  ///< when it may have been applied at the earliest ...
  std::uint64_t last_asked = 0;   ///< ... and at the latest
  std::uint64_t seq = 0;          ///< that was answered
};

/// Makes events for several quotas and repeats whatever was not answered for good, with its key.
/// Answers must come in the order of the asking.
class feeder {
 public:
  feeder(const std::string& device, std::uint64_t seed, int quotas);

  /// The next event to ask, as a line of JSON without a line feed; nullopt: nothing now.
  std::optional<std::string> next();
  /// The answer to the oldest event in flight.
  void take(std::string_view line);
  /// Whoever was asked has died: what is in flight will be asked again.
  void interrupted();
  /// Those events (by index), which are done, are asked once more, and then nothing else.
  void ask_again(const std::vector<bool>& which);
  /// As it was when only those events (by index) had been answered for good: the others are open,
  /// and asked again.
  void rewind(const std::vector<bool>& answered);
  /// No more new events.
  void finish() { finished_ = true; }
  /// Whether nothing waits for an answer, or for being asked again.
  bool settled() const { return flight_.empty() && again_.empty(); }

  const std::string& device() const { return device_; }
  std::size_t in_flight() const { return flight_.size(); }
  /// The oldest event in flight, by its index.
  std::size_t oldest() const { return flight_.front(); }
  std::uint64_t answered() const { return answered_; }
  const std::vector<fed_event>& events() const { return events_; }
  /// Answers that no fault explains, in words.
  const std::vector<std::string>& surprises() const { return surprises_; }
  std::vector<std::string> ids() const;
  /// How many of a hundred store_failed are asked again with their key.
  std::uint64_t repeats_failed = 50;

 private:
  std::size_t make();
  std::string ask(std::size_t event);
  bool waits_for_its_quota(const fed_event& e) const;
  void surprise(const fed_event& e, std::string_view line);

  std::string device_;
  chance chance_;
  std::vector<std::string> ids_;
  std::vector<fed_event> events_;
  std::deque<std::size_t> flight_;
  std::deque<std::size_t> again_;
  std::vector<std::string> surprises_;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  bool finished_ = false;
};

/// A field of a line of JSON: text without escapes, or a number; "": there is none.
std::string field(std::string_view line, std::string_view name);

}  // namespace hawser::crash
