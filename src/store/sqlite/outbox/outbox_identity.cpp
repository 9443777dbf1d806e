#include "store/sqlite/outbox/outbox_identity.hpp"

#include <hawser/core/receipt/receipt.hpp>
#include <hawser/io/crypto.hpp>

namespace hawser::io::sqlite {
namespace {

struct meta_rows {
  std::optional<std::string> device;
  std::optional<std::uint64_t> epoch;
  std::vector<std::string> damage;
};

// Of the table itself: a key that is damaged in the index only is found all the same.
meta_rows read_meta(database& db) {
  meta_rows out;
  statement query(db,
                  "SELECT key, value, sum IS hawser_sum(key, value), quote(key) "
                  "FROM meta NOT INDEXED WHERE key IS NOT 'failed_commits'");
  rows r = query.run();
  while (r.next()) {
    if (r.number(2) == 0) {
      out.damage.push_back("table meta, key " + std::string(r.text(3)) +
                           ": its checksum does not match");
      continue;
    }
    const std::string_view key = r.text(0);
    if (key == "device") out.device = r.text(1);
    if (key == "epoch") out.epoch = r.number(1);
  }
  if (!out.device) out.damage.emplace_back("table meta has no device");
  if (!out.epoch) out.damage.emplace_back("table meta has no epoch");
  return out;
}

// The epoch of the first stream that is one of that device and, if it is given, of that epoch.
std::optional<std::uint64_t> proven_epoch(database& db, hasher& h, const std::string& device,
                                          const std::optional<std::uint64_t>& epoch) {
  statement query(db, "SELECT name, epoch, origin FROM stream NOT INDEXED ORDER BY sid");
  rows r = query.run();
  while (r.next()) {
    const stream_key key{device, std::string(r.text(0)), epoch ? *epoch : r.number(1)};
    if (chain_origin(h, key) == r.hash(2)) return key.epoch;
  }
  return std::nullopt;
}

[[noreturn]] void refuse_device(database& db, const std::string& is, const std::string& wanted) {
  throw store_error(errc::invalid_option,
                    db.path() + ": is the outbox of " + is + ", not of '" + wanted + "'");
}

}  // namespace

std::uint64_t draw_epoch(const outbox_options& o) { return o.random ? o.random() : random_u64(); }

outbox_identity read_identity(database& db, hasher& h, const outbox_options& options) {
  const std::string& device = options.device;
  meta_rows meta = read_meta(db);
  if (meta.device && *meta.device != device) {
    refuse_device(db, "device '" + *meta.device + "'", device);
  }
  outbox_identity out{meta.epoch.value_or(0), std::move(meta.damage)};
  if (meta.device && meta.epoch) return out;
  const auto proven = proven_epoch(db, h, device, meta.epoch);
  const bool empty = db.integer("SELECT count(*) FROM stream") == 0;
  if (!proven && !empty) {
    if (!meta.device) refuse_device(db, "a device whose name is damaged", device);
    db.corrupt("its epoch is damaged, and no stream proves it");
  }
  if (!meta.epoch) out.epoch = proven ? *proven : draw_epoch(options);
  return out;
}

}  // namespace hawser::io::sqlite
