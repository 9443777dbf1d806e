// Which address of a name is tried first.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace hawser {

/// Remembers the addresses of one endpoint that took a connection and then failed the TLS handshake
/// or the upgrade: the next attempt begins with another one. One that never connects needs no
/// memory, since the next is tried beside it (RFC 8305 section 5). Pure; not thread-safe.
class address_order {
 public:
  static constexpr std::size_t most = 16;  ///< remembered; the oldest is forgotten

  void failed(std::string_view address) {
    worked(address);
    if (failed_.size() == most) failed_.erase(failed_.begin());
    failed_.emplace_back(address);
  }
  void worked(std::string_view address) { std::erase(failed_, address); }
  bool empty() const noexcept { return failed_.empty(); }

  /// Puts those that failed behind the others, the latest failure last; else the order stays.
  /// `name` makes of an element what failed() was told.
  template <class Address, class Name>
  void sort(std::vector<Address>& all, Name&& name) const {
    std::stable_sort(all.begin(), all.end(), [&](const Address& a, const Address& b) {
      return rank(name(a)) < rank(name(b));
    });
  }

 private:
  std::size_t rank(std::string_view address) const noexcept {
    const auto at = std::find(failed_.begin(), failed_.end(), address);
    return at == failed_.end() ? 0 : static_cast<std::size_t>(at - failed_.begin()) + 1;
  }

  std::vector<std::string> failed_;  // in the order of their last failures
};

}  // namespace hawser
