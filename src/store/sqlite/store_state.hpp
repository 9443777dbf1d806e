// What an outbox and a ledger answer when their database throws.
#pragma once

#include "store/sqlite/database.hpp"
#include "store/sqlite/names.hpp"

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
      return {boost::system::in_place_error, e.code()};  // error_code is a bool, too
    }
  }

  void require_intact() const {
    if (failed()) throw store_error(store_errc::failed, "reopen() first: " + cause_);
  }
  /// After a commit, before anybody is told of it: throws store_errc::in_doubt if a name was lost.
  void require_names(const name_watch& names);
  /// Before the database is opened anew, since another one may have its name by now. `names`
  /// nullptr: it is closed already.
  void require_found(const name_watch* names);
  /// What is to be told once although nothing failed; empty: nothing.
  std::string notice() { return std::exchange(notice_, {}); }

  bool failed() const noexcept { return !cause_.empty(); }
  void recovered() noexcept { cause_.clear(); }
  const std::string& error() const noexcept { return error_; }

 private:
  void look(const name_watch& names);

  std::string error_;
  std::string cause_;  // of the failure that ended all writing
  std::string lost_;   // which name was lost: until the next start
  std::string notice_;
  bool linked_ = false;  // a second name was told of
  bool unseen_ = false;  // the last look failed
};

}  // namespace hawser::io::sqlite
