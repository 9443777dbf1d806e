// What the writers of an outbox and of a ledger do about a group that fails.
#include "store/store_groups.hpp"

namespace hawser {

result<void> store_groups::mend() {
  if (!broken_) return {};
  if (auto r = store_->reopen(); !r) return r;
  if (!accept()) return store_errc::failed;
  broken_ = false;
  told_.clear();
  log_(log_level::warn, name_ + ": works again");
  return {};
}

result<void> store_groups::begin() {
  poison_ = {};
  if (auto r = mend(); !r) return r;
  return store_->begin();
}

result<void> store_groups::commit() {
  if (poison_) return poison_;
  return store_->commit();
}

void store_groups::settled(error_code ec) {
  if (!ec) return tell_notice();
  broken_ = true;
  tell_once(store_->last_error(), ec == store_errc::in_doubt
                                      ? "a group failed, and may have happened all the same: "
                                      : "a group failed, nothing of it happened: ");
}

void store_groups::tell_once(const std::string& what, const std::string& introduction) {
  if (told_.insert(what).second) log_(log_level::error, name_ + ": " + introduction + what);
}

void store_groups::tell_notice() {
  if (const std::string n = store_->notice(); !n.empty()) log_(log_level::warn, name_ + ": " + n);
  if (const std::string a = store_->alarm(); !a.empty()) {
    log_(log_level::error, "ALARM " + name_ + ": " + a);
  }
}

}  // namespace hawser
