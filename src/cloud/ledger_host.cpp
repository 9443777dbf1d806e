#include "cloud/ledger_host.hpp"

namespace hawser {

ledger_host::ledger_host(std::unique_ptr<ledger> l, std::shared_ptr<log_sink> log)
    : ledger_(std::move(l)), log_(std::move(log)) {
  tell_notice();
}

void ledger_host::say(log_level level, const std::string& line) const {
  if (log_ && log_->wants(level)) log_->write(level, line);
}

void ledger_host::tell_notice() {
  if (const std::string n = ledger_->notice(); !n.empty()) say(log_level::warn, "ledger: " + n);
  if (const std::string a = ledger_->alarm(); !a.empty()) {
    say(log_level::error, "ALARM ledger: " + a);
  }
}

std::optional<append_result> ledger_host::append(const stream_key& stream,
                                                 const stream_head& previous,
                                                 const std::vector<chained_receipt>& rows) {
  const auto r = ledger_->append({stream, previous, rows});
  if (r) return *r;
  if (damaged(r.error(), stream)) return std::nullopt;
  poison_ = r.error();
  return append_result{};
}

wire::committed_position ledger_host::position(const stream_key& stream,
                                               const wire::stream_position& claimed,
                                               const digest& origin, bool& is_damaged) {
  wire::committed_position p;
  p.sid = claimed.sid;
  const auto found = ledger_->find(stream);
  if (!found) {
    is_damaged = damaged(found.error(), stream);
    if (is_damaged) {
      p.status = wire::resume_status::fork;
    } else {
      poison_ = found.error();
    }
    return p;
  }
  if (!*found) {
    p.committed = {0, origin};
    p.status = wire::resume_status::new_stream;
    return p;
  }
  const ledger_stream& s = **found;
  p.committed = s.head;
  // A device that has less than the ledger was set back: what it would number next is taken.
  const bool differs = s.head.seq > claimed.last.seq ||
                       (s.head.seq == claimed.last.seq && s.head.hash != claimed.last.hash);
  if (s.forked || differs) {
    p.status = wire::resume_status::fork;
  } else if (s.head.seq + 1 < claimed.first_unacked) {
    p.status = wire::resume_status::behind;
  }
  return p;
}

// Where the database itself is damaged, the ledger fails the group when it is to be committed.
bool ledger_host::damaged(error_code ec, const stream_key& stream) {
  if (ec != store_errc::corrupt) return false;
  say(log_level::error, "ALARM ledger: stream " + stream.device + "/" + stream.governor +
                            " is damaged and refused: " + ledger_->last_error());
  return true;
}

result<void> ledger_host::begin() {
  poison_ = {};
  if (broken_) {
    if (auto r = ledger_->reopen(); !r) return r;
    broken_ = false;
    told_.clear();
    say(log_level::warn, "ledger: works again");
  }
  return ledger_->begin();
}

result<void> ledger_host::commit() {
  if (poison_) return poison_;
  return ledger_->commit();
}

void ledger_host::settled(error_code ec) {
  if (!ec) return tell_notice();
  broken_ = true;
  // What stays wrong is told once, not with every batch that comes again.
  if (!told_.insert(ledger_->last_error()).second) return;
  say(log_level::error, std::string("ledger: a group failed, ") +
                            (ec == store_errc::in_doubt ? "and may have happened all the same: "
                                                        : "nothing of it happened: ") +
                            ledger_->last_error());
}

}  // namespace hawser
