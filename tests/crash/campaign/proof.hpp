// Compares what a store holds with what was asked and answered.
#pragma once

#include "crash/campaign/feeder.hpp"
#include "crash/campaign/verdict.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hawser::crash {

struct stored_receipt {
  std::uint64_t seq = 0;
  std::string event;
  std::string key;
  std::int64_t usage = -1;  ///< that it says; -1: it says none
};

struct stored_chain {
  std::string device;
  std::string governor;
  std::uint64_t epoch = 0;
  std::uint64_t base = 0;  ///< receipts up to here are not kept
  std::uint64_t last = 0;  ///< the head says
  std::vector<stored_receipt> receipts;
};

struct store_view {
  std::string trouble;  ///< why it cannot be read, or what of it is broken; empty: whole
  std::vector<stored_chain> chains;
};

/// Reads a store of the disk without changing it, every link of it recomputed.
store_view read_ledger(const std::string& path);
store_view read_outbox(const std::string& path);

/// What the store must have of a device.
struct expectation {
  const std::vector<fed_event>& events;
  /// Events that were answered in time to be there. Empty: all that are answered.
  std::vector<bool> due = {};
  /// Whether the device may have receipts whose keys were never answered for good.
  bool open_may_be_there = false;
};

/// Everything answered is there once, in order, in chains without a hole, with the usage that a
/// plain sum gives; nothing else is there. `what` says which store in the findings.
verdict prove(const std::string& what, const store_view& store,
              const std::map<std::string, expectation>& devices);

}  // namespace hawser::crash
