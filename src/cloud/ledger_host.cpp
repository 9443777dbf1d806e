#include "cloud/ledger_host.hpp"

namespace hawser {

ledger_host::ledger_host(std::unique_ptr<ledger> l, std::shared_ptr<log_sink> log)
    : ledger_(std::move(l)),
      groups_(*ledger_, "ledger", [to = std::move(log)](log_level level, const std::string& line) {
        if (to && to->wants(level)) to->write(level, line);
      }) {
  groups_.tell_notice();
}

std::optional<append_result> ledger_host::append(const stream_key& stream,
                                                 const stream_head& previous,
                                                 const std::vector<chained_receipt>& rows) {
  const auto r = ledger_->append({stream, previous, rows});
  if (r) return *r;
  if (damaged(r.error(), stream)) return std::nullopt;
  groups_.poison(r.error());
  return append_result{};
}

result<ledger_host::standing> ledger_host::position(const stream_key& stream,
                                                    const wire::stream_position& claimed,
                                                    const digest& origin) {
  if (const auto r = groups_.mend(); !r) return r.error();
  standing out;
  wire::committed_position& p = out.position;
  p.sid = claimed.sid;
  const auto found = ledger_->find(stream);
  if (!found) {
    if (!damaged(found.error(), stream)) {
      groups_.tell_once(ledger_->last_error(), "cannot be read: ");
      return found.error();
    }
    out.damaged = true;
    p.status = wire::resume_status::fork;
    return out;
  }
  if (!*found) {
    p.committed = {0, origin};
    p.status = wire::resume_status::new_stream;
    return out;
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
  return out;
}

// Where the database itself is damaged, the ledger fails the group when it is to be committed.
bool ledger_host::damaged(error_code ec, const stream_key& stream) {
  if (ec != store_errc::corrupt) return false;
  groups_.say(log_level::error, "ALARM ledger: stream " + stream.device + "/" + stream.governor +
                                    " is damaged and refused: " + ledger_->last_error());
  return true;
}

}  // namespace hawser
