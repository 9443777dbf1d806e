// The streams that the links of a node have named, within bounds, and which link has each.
#pragma once

#include <hawser/core/receipt/receipt.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hawser {

/// Keeps each stream once, however many links of its device have named it, from the first of them
/// to the last. Pure; one thread at a time.
class stream_names {
 public:
  /// Of one link, in number and in bytes of the names. All links of one device together may have
  /// twice that: a link that the device has left lives on for a while beside its successor.
  struct bounds {
    std::size_t streams = 0;
    std::size_t bytes = 0;
  };
  using name = std::pair<std::string, std::uint64_t>;  ///< governor and epoch
  struct stream {
    const std::string* device = nullptr;
    const stream_names::name* name = nullptr;
    std::uint64_t owner = 0;  ///< the link that resumed it last; 0: that one has ended
    std::size_t links = 0;

    stream_key key() const { return {*device, name->first, name->second}; }
  };

  explicit stream_names(bounds b) noexcept : bounds_(b) {}
  const bounds& limits() const noexcept { return bounds_; }

  /// One more link has the stream. nullptr: the device has too many; `why` says of what.
  stream* take(const stream_key& key, std::string& why);
  /// One less; gone with the last.
  void give_back(stream& s);
  std::size_t devices() const noexcept { return devices_.size(); }

 private:
  struct device {
    std::map<name, stream> streams;
    std::size_t bytes = 0;
  };

  bounds bounds_;
  std::unordered_map<std::string, device> devices_;
};

/// The streams of one link, by the short numbers that it gave them, and those whose resume waits
/// for its answer: each once, however often it is asked.
class link_streams {
 public:
  enum class naming : std::uint8_t {
    taken,
    refused,   ///< above a bound
    conflict,  ///< the number names another stream already
  };
  /// What is to be answered to a resume.
  struct question {
    std::uint32_t sid = 0;
    const stream_names::stream* stream = nullptr;
    std::uint64_t first_unacked = 1;
    stream_head last = {};
  };

  /// `all` must outlive it. `link`: its number, above 0.
  link_streams(stream_names& all, std::uint64_t link) noexcept : all_(&all), link_(link) {}
  ~link_streams() { clear(); }
  link_streams(const link_streams&) = delete;
  link_streams& operator=(const link_streams&) = delete;

  /// What is resumed from here on is of one more message.
  void begin_message() noexcept { ++message_; }
  /// Takes the stream to be this link's, and its question into the queue. refused: `why` says why,
  /// and nothing of it is kept.
  naming resume(const stream_key& key, std::uint32_t sid, std::uint64_t first_unacked,
                const stream_head& last, std::string& why);
  /// nullptr: no resume named it.
  const stream_names::stream* find(std::uint32_t sid) const;
  /// True the first time: the stream is wrong, which is told once.
  bool alarm(std::uint32_t sid);
  bool owns(const stream_names::stream& s) const noexcept { return s.owner == link_; }
  /// Those of the oldest message with questions, in their order; none: nothing waits.
  std::vector<question> next_questions();
  std::size_t size() const noexcept { return by_sid_.size(); }
  /// Bytes of their names.
  std::size_t bytes() const noexcept { return bytes_; }
  void clear();

 private:
  struct entry {
    stream_names::stream* stream = nullptr;
    std::uint64_t first_unacked = 1;
    stream_head last = {};
    bool asked = false;
    bool alarmed = false;
  };

  stream_names* all_;
  std::uint64_t link_;
  std::unordered_map<std::uint32_t, entry> by_sid_;
  std::deque<std::pair<std::uint64_t, std::uint32_t>> questions_;  // message and sid
  std::uint64_t message_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace hawser
