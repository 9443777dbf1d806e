// The groups of a store, one after the other: what a failure does to them, and what is told of it.
#pragma once

#include <hawser/log.hpp>
#include <hawser/store/group_store.hpp>

#include <functional>
#include <set>
#include <string>

namespace hawser {

/// A group of which a write failed halfway is not committed; after one that failed the store is
/// opened anew before it is used again; what stays wrong is told once, not with every group that
/// fails for it. On the writer's thread.
class store_groups {
 public:
  using tell = std::function<void(log_level, const std::string&)>;
  /// `name`: of the store, before each line. The store must outlive it.
  store_groups(group_store& store, std::string name, tell log)
      : store_(&store), name_(std::move(name)), log_(std::move(log)) {}

  /// Whether a store that was opened anew can be gone on with; it tells why not.
  std::function<bool()> accept = [] { return true; };

  /// Opens the store anew if the last group failed; for who only reads.
  result<void> mend();
  result<void> begin();
  /// A write failed: nothing of the group may be committed.
  error_code poison(error_code ec) noexcept { return poison_ = ec; }
  const error_code& poisoned() const noexcept { return poison_; }
  result<void> commit();
  void rollback() noexcept { store_->rollback(); }
  /// What became of the group: as io::group_target::settled.
  void settled(error_code ec);
  /// Whether the last group failed.
  bool failed() const noexcept { return broken_; }

  void tell_once(const std::string& what, const std::string& introduction = {});
  /// What the store has to tell although nothing failed.
  void tell_notice();
  void say(log_level level, const std::string& line) const { log_(level, line); }

 private:
  group_store* store_;
  std::string name_;
  tell log_;
  error_code poison_;
  bool broken_ = false;
  std::set<std::string> told_;  // since it broke
};

}  // namespace hawser
