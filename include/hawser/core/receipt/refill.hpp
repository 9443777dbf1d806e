// What is told when a ledger has less than it once acknowledged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hawser {

/// Names receipts that a ledger lost and is sent again, the first few streams of a message with
/// their ranges: "quota/a 11 to 25, quota/b 3 to 3 and 1998 more streams".
class refill {
 public:
  static constexpr std::size_t named = 8;

  void add(std::string_view stream, std::uint64_t first, std::uint64_t last) {
    if (++count_ > named) return;
    text_ += (text_.empty() ? "" : ", ") + std::string(stream) + ' ' + std::to_string(first) +
             " to " + std::to_string(last);
  }
  bool empty() const noexcept { return count_ == 0; }
  std::string text() const {
    if (count_ <= named) return text_;
    return text_ + " and " + std::to_string(count_ - named) + " more streams";
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

}  // namespace hawser
