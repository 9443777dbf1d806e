// Property: what the strict reader accepts, the writer writes as the same bytes (RFC 8949 4.2.1).
#include <hawser/core/receipt/cbor.hpp>

#include "fuzz/fuzz.hpp"

using namespace hawser;

namespace {

// Reads one item by its type and writes it again; false if it was refused.
bool copy(cbor_reader& in, cbor_writer& out, bytes& into) {
  const auto type = in.peek();
  if (!type) return false;
  const auto many = [&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      if (!copy(in, out, into)) return false;
    }
    return true;
  };
  switch (*type) {
    case cbor_type::unsigned_int: {
      const auto v = in.unsigned_int();
      return v && (out.unsigned_int(*v), true);
    }
    case cbor_type::negative_int: {
      const auto v = in.signed_int();
      return v && (out.signed_int(*v), true);
    }
    case cbor_type::byte_string: {
      const auto v = in.byte_string();
      return v && (out.byte_string(*v), true);
    }
    case cbor_type::text: {
      const auto v = in.text();
      return v && (out.text(*v), true);
    }
    case cbor_type::array: {
      const auto n = in.array();
      return n && (out.array(*n), many(*n));
    }
    case cbor_type::map: {
      const auto n = in.map();
      return n && (out.map(*n), many(*n * 2));
    }
    case cbor_type::boolean: {
      const auto v = in.boolean();
      return v && (out.boolean(*v), true);
    }
    case cbor_type::null:
      return in.null() && (out.null(), true);
  }
  return false;
}

std::string written(void (*write)(cbor_writer&)) {
  bytes out;
  cbor_writer w(out);
  write(w);
  return std::string(as_text(out));
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  return {written([](cbor_writer& w) { w.unsigned_int(~std::uint64_t{0}); }),
          written([](cbor_writer& w) { w.signed_int(std::int64_t{-1} << 62); }),
          written([](cbor_writer& w) { w.array(3).text("a\xc3\xa4").boolean(true).null(); }),
          written([](cbor_writer& w) {
            w.map(2).text("a").unsigned_int(24).text("bb").array(2).map(0).byte_string({});
          }),
          written([](cbor_writer& w) {
            w.map(3).unsigned_int(1).null().signed_int(-1).null().text("k").null();
          }),
          std::string(9, '\x81') + '\x01',
          "\x9f\xff",
          "\x18\x17",
          "\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
          "\xf9\x3c",
          "\xc0\x01"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input = as_bytes(fuzz::text_of(data, size));
  bytes again;
  cbor_writer out(again);
  cbor_reader in(input);
  const bool good = copy(in, out, again);
  cbor_reader skipper(input);
  const auto item = skipper.skip();
  fuzz::require(good == item.has_value(), "reading and skipping judge alike");
  fuzz::require(in.offset() <= size, "an offset lies in the input");
  if (!good) return 0;
  fuzz::require(std::equal(item->begin(), item->end(), again.begin(), again.end()),
                "what was read is written as the same bytes");
  return 0;
}
