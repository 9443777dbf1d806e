#include <hawser/core/receipt/cbor.hpp>
#include <hawser/core/text/utf8.hpp>

#include <algorithm>
#include <limits>

namespace hawser {

namespace {

// Major types (RFC 8949 section 3.1). Those below the tag are cbor_type's values, too.
constexpr unsigned major_unsigned = 0, major_negative = 1, major_bytes = 2, major_text = 3,
                   major_array = 4, major_map = 5, major_tag = 6, major_simple = 7;
static_assert(static_cast<unsigned>(cbor_type::map) == major_map);
// Simple values (section 3.3).
constexpr unsigned simple_false = 20, simple_true = 21, simple_null = 22;

constexpr std::uint64_t max_signed = std::numeric_limits<std::int64_t>::max();

constexpr std::byte initial_byte(unsigned major, unsigned info) noexcept {
  return static_cast<std::byte>(major << 5 | info);
}

bool is_container(cbor_type t) noexcept { return t == cbor_type::array || t == cbor_type::map; }

bool is_string(cbor_type t) noexcept { return t == cbor_type::text || t == cbor_type::byte_string; }

}  // namespace

// ---- writer

cbor_writer& cbor_writer::head(unsigned major, std::uint64_t argument) {
  if (argument < 24) {
    out_->push_back(initial_byte(major, static_cast<unsigned>(argument)));
    return *this;
  }
  const unsigned log2_size = argument <= 0xff         ? 0
                             : argument <= 0xffff     ? 1
                             : argument <= 0xffffffff ? 2
                                                      : 3;
  std::array<std::byte, 9> encoded;
  encoded[0] = initial_byte(major, 24 + log2_size);
  const std::size_t size = std::size_t{1} << log2_size;
  for (std::size_t i = size; i > 0; --i, argument >>= 8) {
    encoded[i] = static_cast<std::byte>(argument & 0xff);
  }
  return raw(bytes_view(encoded).first(1 + size));
}

cbor_writer& cbor_writer::unsigned_int(std::uint64_t v) { return head(major_unsigned, v); }

cbor_writer& cbor_writer::signed_int(std::int64_t v) {
  // A negative integer n is carried as -1 - n, which is its complement.
  return v >= 0 ? head(major_unsigned, static_cast<std::uint64_t>(v))
                : head(major_negative, ~static_cast<std::uint64_t>(v));
}

cbor_writer& cbor_writer::text(std::string_view s) {
  return head(major_text, s.size()).raw(as_bytes(s));
}

cbor_writer& cbor_writer::byte_string(bytes_view b) { return head(major_bytes, b.size()).raw(b); }

cbor_writer& cbor_writer::array(std::uint64_t items) { return head(major_array, items); }

cbor_writer& cbor_writer::map(std::uint64_t pairs) { return head(major_map, pairs); }

cbor_writer& cbor_writer::boolean(bool v) {
  return head(major_simple, v ? simple_true : simple_false);
}

cbor_writer& cbor_writer::null() { return head(major_simple, simple_null); }

cbor_writer& cbor_writer::raw(bytes_view encoded) {
  out_->insert(out_->end(), encoded.begin(), encoded.end());
  return *this;
}

// ---- reader

cbor_reader::cbor_reader(bytes_view input, std::size_t max_depth) noexcept
    : input_(input), max_depth_(std::min(max_depth, cbor_max_depth)) {}

error_code cbor_reader::error() const noexcept {
  return failed() ? make_error_code(code_) : error_code{};
}

error_code cbor_reader::fail(std::size_t at, const char* what, wire_errc code) noexcept {
  if (!failed()) {
    position_ = at;
    problem_ = what;
    code_ = code;
  }
  return error();
}

result<std::uint64_t> cbor_reader::argument(unsigned info) {
  const std::size_t start = position_ - 1;
  if (info < 24) return info;
  if (info == 31) return fail(start, "indefinite length");
  if (info > 27) return fail(start, "reserved additional information");
  const unsigned log2_size = info - 24;
  const std::size_t size = std::size_t{1} << log2_size;
  if (left() < size) return fail(start, "truncated");
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < size; ++i) {
    v = v << 8 | std::to_integer<std::uint64_t>(input_[position_++]);
  }
  // Shortest form: one size less would not have held it.
  const std::uint64_t held_by_less = log2_size == 0 ? 23 : (1ULL << 4 * size) - 1;
  if (v <= held_by_less) return fail(start, "head not in its shortest form");
  return v;
}

result<cbor_reader::item> cbor_reader::simple(unsigned info, std::size_t start) {
  switch (info) {
    case simple_false:
    case simple_true:
      return item{cbor_type::boolean, info == simple_true, {}};
    case simple_null:
      return item{cbor_type::null, 0, {}};
    case 25:
    case 26:
    case 27:
      return fail(start, "floating point");
    default:
      return fail(start, "simple value other than false, true, null");
  }
}

result<void> cbor_reader::take_content(item& i, std::size_t start) {
  if (i.argument > left()) return fail(start, "string longer than the input");
  i.content = input_.subspan(position_, static_cast<std::size_t>(i.argument));
  position_ += i.content.size();
  if (i.type == cbor_type::text && !valid_utf8(i.content)) {
    return fail(start, "text is not UTF-8");
  }
  return {};
}

result<void> cbor_reader::enter(const item& i, std::size_t start) {
  const bool is_map = i.type == cbor_type::map;
  // Every item takes at least one byte.
  if (i.argument > left() / (is_map ? 2 : 1)) return fail(start, "container longer than the input");
  if (depth_ == max_depth_) return fail(start, "nested too deep", wire_errc::too_big);
  levels_[depth_++] = {is_map ? 2 * i.argument : i.argument, is_map, {}};
  return {};
}

result<void> cbor_reader::check_key(const item& i, std::size_t start) {
  if (depth_ == 0) return {};
  level& map = levels_[depth_ - 1];
  if (!map.is_map || map.items_left % 2 != 0) return {};
  if (!is_string(i.type) && i.type != cbor_type::unsigned_int &&
      i.type != cbor_type::negative_int) {
    return fail(start, "map key is neither integer nor string");
  }
  const bytes_view key = input_.subspan(start, position_ - start);
  // No encoded item is a prefix of another, so equal keys are the only tie. The first key of a map
  // compares with nothing, which is below everything.
  if (!std::ranges::lexicographical_compare(map.last_key, key)) {
    return fail(start, "map keys not unique and in bytewise order");
  }
  map.last_key = key;
  return {};
}

void cbor_reader::item_done() noexcept {
  while (depth_ > 0) {
    level& l = levels_[depth_ - 1];
    if (l.items_left > 0) --l.items_left;
    if (l.items_left > 0) return;
    --depth_;  // the container is complete, and with it an item of the one around it
  }
}

result<cbor_reader::item> cbor_reader::next() {
  if (failed()) return error();
  const std::size_t start = position_;
  if (left() == 0) return fail(start, "truncated");
  const auto initial = std::to_integer<unsigned>(input_[position_++]);
  const unsigned major = initial >> 5;
  const unsigned info = initial & 31;
  item i{};
  if (major == major_tag) return fail(start, "tag");
  if (major == major_simple) {
    const auto s = simple(info, start);
    if (!s) return s.error();
    i = *s;
  } else {
    const auto a = argument(info);
    if (!a) return a.error();
    i = {static_cast<cbor_type>(major), *a, {}};
    if (i.type == cbor_type::negative_int && i.argument > max_signed) {
      return fail(start, "integer below -2^63");
    }
  }
  if (is_string(i.type)) {
    if (const auto r = take_content(i, start); !r) return r.error();
  }
  if (const auto r = check_key(i, start); !r) return r.error();
  if (is_container(i.type)) {
    if (const auto r = enter(i, start); !r) return r.error();
    if (i.argument > 0) return i;  // done when its last item is
  }
  item_done();
  return i;
}

result<cbor_reader::item> cbor_reader::next(cbor_type wanted, const char* otherwise) {
  const std::size_t start = position_;
  const auto type = peek();
  if (!type) return type.error();
  if (*type != wanted) return fail(start, otherwise);
  return next();
}

result<cbor_type> cbor_reader::peek() {
  if (failed()) return error();
  if (left() == 0) return fail(position_, "truncated");
  const auto initial = std::to_integer<unsigned>(input_[position_]);
  const unsigned major = initial >> 5;
  if (major == major_tag) return fail(position_, "tag");
  if (major < major_tag) return static_cast<cbor_type>(major);
  const auto s = simple(initial & 31, position_);
  if (!s) return s.error();
  return s->type;
}

result<std::uint64_t> cbor_reader::unsigned_int() {
  const auto i = next(cbor_type::unsigned_int, "expected an unsigned integer");
  if (!i) return i.error();
  return i->argument;
}

result<std::int64_t> cbor_reader::signed_int() {
  const std::size_t start = position_;
  const auto type = peek();
  if (!type) return type.error();
  if (*type != cbor_type::unsigned_int && *type != cbor_type::negative_int) {
    return fail(start, "expected an integer");
  }
  const auto i = next();
  if (!i) return i.error();
  if (i->argument > max_signed) return fail(start, "integer above 2^63 - 1");
  const auto v = static_cast<std::int64_t>(i->argument);
  return i->type == cbor_type::unsigned_int ? v : -1 - v;
}

result<std::string_view> cbor_reader::text() {
  const auto i = next(cbor_type::text, "expected text");
  if (!i) return i.error();
  return as_text(i->content);
}

result<bytes_view> cbor_reader::byte_string() {
  const auto i = next(cbor_type::byte_string, "expected a byte string");
  if (!i) return i.error();
  return i->content;
}

result<std::uint64_t> cbor_reader::array() {
  const auto i = next(cbor_type::array, "expected an array");
  if (!i) return i.error();
  return i->argument;
}

result<std::uint64_t> cbor_reader::map() {
  const auto i = next(cbor_type::map, "expected a map");
  if (!i) return i.error();
  return i->argument;
}

result<bool> cbor_reader::boolean() {
  const auto i = next(cbor_type::boolean, "expected a boolean");
  if (!i) return {boost::system::in_place_error, i.error()};  // error_code is a bool, too
  return i->argument != 0;
}

result<void> cbor_reader::null() {
  const auto i = next(cbor_type::null, "expected null");
  if (!i) return i.error();
  return {};
}

result<bytes_view> cbor_reader::skip() {
  const std::size_t start = position_;
  const std::size_t depth = depth_;
  do {
    if (const auto i = next(); !i) return i.error();
  } while (depth_ > depth);
  return input_.subspan(start, position_ - start);
}

result<void> cbor_reader::finish() {
  if (failed()) return error();
  if (depth_ > 0) return fail(position_, "truncated");
  if (left() > 0) return fail(position_, "bytes after the end");
  return {};
}

}  // namespace hawser
