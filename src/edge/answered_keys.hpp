// Events whose key was applied before.
#pragma once

#include <hawser/edge/edge.hpp>

#include <optional>
#include <string>

namespace hawser {

class receipt_journal;

/// What was answered to each key of a stream, kept in the store. Within groups.
class answered_keys {
 public:
  explicit answered_keys(receipt_journal& journal) : journal_(&journal) {}

  void begin() noexcept { differing_ = 0; }
  /// What an event is answered whose key was applied; nullopt: it was not, or there is none.
  std::optional<answer> find(std::uint32_t sid, const std::string& governor,
                             const governor::event& event);
  void remember(std::uint32_t sid, const governor::event& event, const answer& a);
  /// Once a group, however many came with another body. After it.
  void tell_differing();

 private:
  receipt_journal* journal_;
  std::size_t differing_ = 0;  // repeated keys with another body
  std::string first_;          // of them
};

}  // namespace hawser
