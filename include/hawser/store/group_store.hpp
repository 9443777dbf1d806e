// What the stores of an edge and of a cloud have in common: groups of writes.
#pragma once

#include <hawser/error.hpp>

#include <string>

namespace hawser {

/// A durable store with one writer, used from its thread. Calls between begin() and commit() become
/// durable together; after a failed commit() nothing of the group happened, unless it answered
/// store_errc::in_doubt: then a restart may find it. Errors: store_errc::failed (the disk said no;
/// the message is in last_error()), store_errc::in_doubt, store_errc::corrupt.
class group_store {
 public:
  virtual ~group_store() = default;
  virtual result<void> begin() = 0;
  virtual result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
  /// After a failed write or commit every write answers store_errc::failed until this succeeds: it
  /// makes sure on disk that the failed group cannot come back, and opens the store anew.
  /// store_errc::in_doubt: that is not yet so for a group that was in doubt.
  virtual result<void> reopen() = 0;

  /// What the store said when a call failed last.
  virtual const std::string& last_error() const noexcept = 0;
  /// What an operator has to know although nothing failed, once; empty: nothing.
  virtual std::string notice() { return {}; }
  /// The same where something was lost.
  virtual std::string alarm() { return {}; }
};

}  // namespace hawser
