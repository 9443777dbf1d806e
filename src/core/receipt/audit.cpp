#include <hawser/core/receipt/audit.hpp>

#include <map>

namespace hawser {

namespace {

// Follows one chain from its base; `broken` holds the first break.
class chain_walk {
 public:
  chain_walk(const stored_stream& stream, hasher& h)
      : stream_(stream), hasher_(h), at_(stream.base) {
    const digest origin = chain_origin(h, stream.key);
    if (at_.seq == 0 && at_.hash != origin) fail(0, "the base is not the origin of the chain");
    if (at_.seq > stream.last.seq) fail(at_.seq, "the base is behind the head");
  }

  bool intact() const noexcept { return !broken_; }
  const std::optional<breakage>& broken() const noexcept { return broken_; }
  std::uint64_t seq() const noexcept { return at_.seq; }

  // The store begins at this by now: what was before it is gone for good.
  void rebase(const stream_head& base) {
    if (base.seq > at_.seq) at_ = base.seq < stream_.last.seq ? base : stream_.last;
  }

  // The receipt if it is the next link, else nullopt and the walk is over.
  std::optional<receipt> follow(const chained_receipt& r) {
    const std::uint64_t expected = at_.seq + 1;
    if (r.seq != expected) {
      fail(expected, r.seq > expected ? "receipt missing" : "receipt out of order");
      return std::nullopt;
    }
    if (r.seq > stream_.last.seq) {
      fail(r.seq, "receipt above the head");
      return std::nullopt;
    }
    auto decoded = decode_receipt(r.body);
    if (!decoded) {
      fail(r.seq, "receipt cannot be read");
      return std::nullopt;
    }
    if (decoded->seq != r.seq) {
      fail(r.seq, "receipt says it is number " + std::to_string(decoded->seq));
      return std::nullopt;
    }
    if (chain_next(hasher_, at_.hash, r.body) != r.hash) {
      fail(r.seq, "hash does not follow from the one before");
      return std::nullopt;
    }
    at_ = {r.seq, r.hash};
    return *std::move(decoded);
  }

  void finish() {
    if (!intact()) return;
    if (at_.seq != stream_.last.seq) {
      fail(at_.seq + 1, "receipt missing");
    } else if (at_.hash != stream_.last.hash) {
      fail(at_.seq, "the head's hash is not the chain's");
    }
  }

  void unreadable(std::string why) { fail(at_.seq + 1, std::move(why)); }

 private:
  void fail(std::uint64_t seq, std::string what) {
    if (!broken_) {
      broken_ = breakage{stream_.key.device + '/' + stream_.key.governor, seq, std::move(what),
                         stream_.key};
    }
  }

  const stored_stream& stream_;
  hasher& hasher_;
  stream_head at_;
  std::optional<breakage> broken_;
};

constexpr std::size_t most_told = 100;

void count(audit_result& result, const breakage& b) {
  ++result.broken;
  if (result.breaks.size() < most_told) result.breaks.push_back(b);
  if (!result.first_broken) result.first_broken = b;
}

std::string reason(const receipt_archive& archive, error_code ec) {
  std::string said = archive.last_error();
  return said.empty() ? ec.message() : said;
}

// One slice after the other. Fails with what says nothing of the content.
result<void> follow(receipt_archive& archive, const stored_stream& stream, chain_walk& walk,
                    audit_result& total, const row_visitor& visit) {
  // From the first row, also if it is before the base, where none may be.
  for (std::uint64_t after = 0; walk.intact(); after = walk.seq()) {
    const auto slice = archive.read(stream.key, after);
    if (!slice) {
      if (slice.error() != store_errc::corrupt) return slice.error();
      walk.unreadable(reason(archive, slice.error()));
      return {};
    }
    walk.rebase(slice->base);
    if (slice->receipts.empty()) return {};
    for (const chained_receipt& r : slice->receipts) {
      if (r.seq > stream.last.seq && r.seq <= slice->last.seq) return {};  // It came meanwhile.
      const auto verified = walk.follow(r);
      if (!verified) return {};
      ++total.receipts;
      if (visit) visit(stream, *verified, r);
    }
  }
  return {};
}

// The rows of streams by their stream, the others counted.
result<std::map<stream_key, breakage>> count_rows(receipt_archive& archive, audit_result& total,
                                                  bool damaged) {
  std::map<stream_key, breakage> of_streams;
  const auto rows = archive.damaged_rows();
  if (!rows) {
    if (rows.error() != store_errc::corrupt) return rows.error();
    if (!damaged) count(total, {"", 0, reason(archive, rows.error())});  // else the same damage
    return of_streams;
  }
  for (const breakage& b : *rows) {
    if (b.stream.empty()) {
      count(total, b);
    } else {
      of_streams.try_emplace(b.key, b);
    }
  }
  return of_streams;
}

}  // namespace

result<audit_result> audit(receipt_archive& archive, hasher& h,
                           const std::function<void(const stored_stream&, const receipt&)>& visit) {
  if (!visit) return audit_rows(archive, h, {});
  return audit_rows(
      archive, h,
      [&](const stored_stream& s, const receipt& r, const chained_receipt&) { visit(s, r); });
}

result<audit_result> audit_rows(receipt_archive& archive, hasher& h, const row_visitor& visit) {
  audit_result total;
  const auto damage = archive.damage();
  if (!damage) return damage.error();
  if (*damage) count(total, {"", 0, **damage});
  auto rows = count_rows(archive, total, damage->has_value());
  if (!rows) return rows.error();

  const auto streams = archive.streams();
  if (!streams) {
    if (streams.error() != store_errc::corrupt) return streams.error();
    // Else the same damage.
    if (total.broken == 0 && rows->empty()) count(total, {"", 0, reason(archive, streams.error())});
    for (const auto& [key, b] : *rows) count(total, b);
    return total;
  }
  for (const stored_stream& stream : *streams) {
    ++total.streams;
    chain_walk walk(stream, h);
    if (walk.intact()) {
      if (const auto done = follow(archive, stream, walk, total, visit); !done) return done.error();
      walk.finish();
    }
    const auto row = rows->extract(stream.key);
    if (walk.broken()) {
      count(total, *walk.broken());
    } else if (row) {
      count(total, row.mapped());
    }
  }
  for (const auto& [key, b] : *rows) count(total, b);
  return total;
}

}  // namespace hawser
