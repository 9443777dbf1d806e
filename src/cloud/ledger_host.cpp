#include "cloud/ledger_host.hpp"

namespace hawser {

append_result ledger_host::append(const stream_key& stream, const stream_head& previous,
                                  const std::vector<chained_receipt>& rows) {
  const auto r = ledger_->append({stream, previous, rows});
  if (r) return *r;
  if (damaged(r.error(), stream)) return {append_status::fork, {}};
  poison_ = r.error();
  return {};
}

wire::committed_position ledger_host::position(const stream_key& stream,
                                               const wire::stream_position& claimed,
                                               const digest& origin) {
  wire::committed_position p;
  p.sid = claimed.sid;
  const auto found = ledger_->find(stream);
  if (!found) {
    if (damaged(found.error(), stream)) {
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
  if (ec != errc::store_corrupt) return false;
  if (log_ && log_->wants(log_level::error)) {
    log_->write(log_level::error, "ALARM ledger: stream " + stream.device + "/" + stream.governor +
                                      " is damaged and refused: " + ledger_->last_error());
  }
  return true;
}

result<void> ledger_host::begin() {
  poison_ = {};
  if (broken_) {
    if (auto r = ledger_->reopen(); !r) return r;
    broken_ = false;
  }
  return ledger_->begin();
}

result<void> ledger_host::commit() {
  if (poison_) return poison_;
  return ledger_->commit();
}

void ledger_host::settled(error_code ec) {
  if (!ec) return;
  broken_ = true;
  if (log_ && log_->wants(log_level::error)) {
    log_->write(log_level::error,
                "ledger: a group failed, nothing of it happened: " + ledger_->last_error());
  }
}

}  // namespace hawser
