// What an outbox and a ledger answer when their database throws.
#pragma once

#include "io/sqlite/database.hpp"

#include <type_traits>
#include <utility>

namespace hawser::io::sqlite {

/// The last error of a store, and whether it must be opened anew before it is written again.
class store_state {
 public:
  /// Runs `body` and turns what it throws into an error code. `writing`: a group is open or being
  /// committed, so an error of the disk ends all writing.
  template <class F>
  auto guarded(bool writing, F&& body) -> result<std::invoke_result_t<F&>> {
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        body();
        return {};
      } else {
        return body();
      }
    } catch (const store_error& e) {
      error_ = e.what();
      if (writing && e.broke_write() && !failed()) cause_ = e.what();
      return e.code();
    }
  }

  void require_intact() const {
    if (failed()) throw store_error(errc::store_failed, "reopen() first: " + cause_);
  }
  bool failed() const noexcept { return !cause_.empty(); }
  void recovered() noexcept { cause_.clear(); }
  const std::string& error() const noexcept { return error_; }

 private:
  std::string error_;
  std::string cause_;  // of the failure that ended all writing
};

}  // namespace hawser::io::sqlite
