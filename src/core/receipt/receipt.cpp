#include <hawser/core/receipt/cbor.hpp>
#include <hawser/core/receipt/metadata.hpp>
#include <hawser/core/receipt/receipt.hpp>
#include <hawser/core/text/text.hpp>
#include <hawser/core/text/utf8.hpp>

#include <cassert>

namespace hawser {

namespace {

constexpr std::uint64_t receipt_items = 8;

constexpr std::string_view origin_label = "hawser.v1/0";
constexpr std::string_view link_label = "hawser.v1/n";

// The bytes before h_{n-1}: array(3), the label as text(11), the head of a byte string of 32.
constexpr std::string_view link_prefix = "\x83\x6bhawser.v1/n\x58\x20";
static_assert(link_prefix.size() == 2 + link_label.size() + 2);

}  // namespace

bytes encode(const receipt& r) {
  assert(r.seq > 0);
  assert(r.metadata.empty() || is_metadata(r.metadata));
  bytes out;
  out.reserve(64 + r.event.size() + r.from.size() + r.to.size() + r.reason.size() + r.key.size() +
              r.metadata.size());
  cbor_writer w(out);
  w.array(receipt_items).unsigned_int(r.seq).unsigned_int(r.hlc);
  for (const std::string* s : {&r.event, &r.from, &r.to, &r.reason, &r.key}) {
    // A receipt that no reader accepts would block its stream for ever; damage is made visible.
    if (valid_utf8(as_bytes(*s))) {
      w.text(*s);
    } else {
      w.text(repair_utf8(*s));
    }
  }
  if (r.metadata.empty()) {
    w.map(0);
  } else {
    w.raw(r.metadata);
  }
  return out;
}

result<receipt> decode_receipt(bytes_view encoded) {
  cbor_reader in(encoded, receipt_max_depth);
  const auto items = in.array();
  if (!items) return items.error();
  if (*items != receipt_items) return wire_errc::malformed;
  receipt r;
  const auto seq = in.unsigned_int();
  const auto hlc = in.unsigned_int();
  if (!seq || !hlc || *seq == 0) return wire_errc::malformed;
  r.seq = *seq;
  r.hlc = *hlc;
  for (std::string* s : {&r.event, &r.from, &r.to, &r.reason, &r.key}) {
    const auto t = in.text();
    if (!t) return t.error();
    s->assign(*t);
  }
  const auto metadata = in.skip();
  if (!metadata) return metadata.error();
  if (const auto end = in.finish(); !end) return end.error();
  if (!is_metadata(*metadata)) return wire_errc::malformed;
  if (metadata->size() > 1) r.metadata.assign(metadata->begin(), metadata->end());
  return r;
}

digest chain_origin(hasher& h, const stream_key& stream) {
  bytes item;
  cbor_writer(item)
      .array(4)
      .text(origin_label)
      .text(stream.device)
      .text(stream.governor)
      .unsigned_int(stream.epoch);
  return h.sha256({item});
}

digest chain_next(hasher& h, const digest& previous, bytes_view encoded_receipt) {
  return h.sha256({as_bytes(link_prefix), previous, encoded_receipt});
}

}  // namespace hawser
