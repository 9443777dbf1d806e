// How a client is: as a struct and as JSON, for one client and for all of the process.
#pragma once

#include <hawser/core/explain/explanation.hpp>
#include <hawser/core/ws/frame.hpp>
#include <hawser/core/ws/lane.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hawser {

/// One link of a client: it may have two while it recycles.
struct link_diagnostics {
  enum class part : std::uint8_t {
    live,
    successor,    ///< it is to take over from the live one
    predecessor,  ///< the live one has taken over from it
    lingering,    ///< it has ended, its TCP not yet
  };
  std::uint64_t number = 0;
  part role = part::live;
  bool ready = false;
  duration age = {};                          ///< since it opened
  duration silent = {};                       ///< since the last byte came
  std::array<lane_load, lane_count> lanes{};  ///< by hawser::lane
  std::size_t memory = 0;                     ///< bytes held by its buffers and queues

  std::size_t waiting() const noexcept {
    std::size_t n = 0;
    for (const lane_load& l : lanes) n += l.messages;
    return n;
  }
};

/// What client::diagnostics() tells. Plain values: nothing in it refers to the client.
struct client_diagnostics {
  std::string name = {};  ///< options::name, or the URL's host
  /// False: the client's thread did not answer within the bound, or the client does not run. Then
  /// the state, the counters and `offline` are of now, the rest is what it said last: nothing, if
  /// it was never asked.
  bool fresh = false;
  /// The behaviors in their order, the adapter last, and what they say of themselves.
  std::vector<description> plugins = {};
  std::string routing = {};  ///< event_sink::routing_table()
  explanation why = {};      ///< the state, and the last failure
  std::vector<link_diagnostics> links = {};
  std::size_t queued = 0;         ///< messages over all links and lanes
  lane_load offline = {};         ///< what waits for a link (options::offline)
  std::size_t queue_warning = 0;  ///< options::queue_warning
  std::size_t memory = 0;         ///< bytes over all links
  std::size_t pending_calls = 0;
  std::uint64_t attempts = 0;  ///< these five since the start, as in client_snapshot
  std::uint64_t opened = 0;
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t refused = 0;
  std::vector<std::string> warnings = {};  ///< what somebody should look at, in words
};

/// One JSON object. Durations in milliseconds.
std::string to_json(const client_diagnostics& d);
/// One JSON array.
std::string to_json(const std::vector<client_diagnostics>& all);

/// Every client of the process that is constructed and not yet destroyed, in the order of their
/// construction. Waits at most `bound` for all of them together. From any thread, also in a hook.
std::vector<client_diagnostics> diagnose_all(duration bound = std::chrono::milliseconds(500));

}  // namespace hawser
