// Property: a message that is read is written as it came, but for extensions, and read again.
#include <hawser/core/receipt/receipt.hpp>
#include <hawser/core/receipt/wire.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

namespace {

template <class M>
std::string written(const M& m) {
  bytes out;
  wire::encode(m, out);
  return std::string(as_text(out));
}

std::string a_batch() {
  receipt r;
  r.seq = 1;
  r.hlc = 1'700'000'000'000ULL << 16U;
  r.event = "record_usage";
  r.from = r.to = "active";
  r.reason = "usage_recorded";
  r.key = "k-1";
  const bytes row = encode(r);
  wire::receipts m;
  m.sid = 1;
  m.first_seq = 1;
  m.rows = {row, row};
  return written(m);
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  wire::hello h;
  h.device = "gw-9";
  wire::resume asks;
  asks.streams.push_back({1, "quota/tenant-1/api", 77, 1, {}});
  wire::resumed told;
  told.streams.emplace_back();
  return {written(h),
          written(wire::welcome{}),
          written(asks),
          written(told),
          a_batch(),
          written(wire::ack{{{1, 2}, {3, 4}}, 5, 6}),
          written(wire::nack{1, 2, wire::nack_code::busy, 1000, "the disk"}),
          written(wire::goodbye{})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input = as_bytes(fuzz::text_of(data, size));
  (void)decode_receipt(input);
  wire::decode_error e;
  wire::decode_limits bounds;
  bounds.message = 1024;
  const auto first = wire::decode(input, e, bounds);
  if (!first) {
    fuzz::require(!e.what.empty(), "a refusal has words");
    fuzz::require(e.offset <= size, "an offset lies in the message");
    return 0;
  }
  fuzz::require(size <= bounds.message, "a message above the bound is refused");
  bytes out;
  wire::encode(*first, out);
  fuzz::require(out.size() <= size, "only an extension is left out");
  if (out.size() == size) {
    fuzz::require(std::equal(out.begin(), out.end(), input.begin()), "it is written as it came");
  }
  const auto second = wire::decode(out, e, bounds);
  fuzz::require(second.has_value(), "what is written is read");
  bytes again;
  wire::encode(*second, again);
  fuzz::require(again == out, "and written alike");
  return 0;
}
