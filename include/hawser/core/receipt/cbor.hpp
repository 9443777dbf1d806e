// Deterministic CBOR (RFC 8949 section 4.2.1): a writer, and a reader that refuses everything else.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/error.hpp>

#include <array>

namespace hawser {

/// Nesting that a reader follows unless told otherwise; the outermost array is level 1.
inline constexpr std::size_t cbor_max_depth = 8;

/// Appends items to a buffer, each in its one deterministic form. Containers are announced by their
/// count: the caller writes that many items next, and the pairs of a map in the bytewise order of
/// their encoded keys (for text: shorter first, then by bytes). Text must be UTF-8.
class cbor_writer {
 public:
  /// `out` must outlive the writer; what it holds already is kept.
  explicit cbor_writer(bytes& out) noexcept : out_(&out) {}

  cbor_writer& unsigned_int(std::uint64_t v);
  cbor_writer& signed_int(std::int64_t v);
  cbor_writer& text(std::string_view s);
  cbor_writer& byte_string(bytes_view b);
  cbor_writer& array(std::uint64_t items);
  cbor_writer& map(std::uint64_t pairs);
  cbor_writer& boolean(bool v);
  cbor_writer& null();
  /// Items that are encoded already, as they are.
  cbor_writer& raw(bytes_view encoded);

 private:
  cbor_writer& head(unsigned major, std::uint64_t argument);

  bytes* out_;
};

enum class cbor_type : std::uint8_t {
  unsigned_int,
  negative_int,
  byte_string,
  text,
  array,
  map,
  boolean,
  null,
};

/// Reads a sequence of items strictly: definite lengths, shortest heads, no floating point, no
/// tags, no simple values but false, true and null, no integers below -2^63, UTF-8 in text, map
/// keys (integers or strings) unique and in bytewise order. Every declared length is checked
/// against what is left before it is believed, so a count that array() or map() returns is at most
/// the bytes left. Never allocates; views point into the input.
///
/// Errors: wire_errc::malformed, or wire_errc::too_big for nesting above the limit. The first error
/// sticks: every later call repeats it, offset() is where it was and problem() says what it was.
class cbor_reader {
 public:
  /// A `max_depth` above cbor_max_depth is taken for that.
  explicit cbor_reader(bytes_view input, std::size_t max_depth = cbor_max_depth) noexcept;

  result<std::uint64_t> unsigned_int();
  /// Any integer that fits 64 bits with a sign.
  result<std::int64_t> signed_int();
  result<std::string_view> text();
  result<bytes_view> byte_string();
  /// The number of items; they are read next, by the same reader.
  result<std::uint64_t> array();
  /// The number of pairs; keys and values are read next, in turn.
  result<std::uint64_t> map();
  result<bool> boolean();
  result<void> null();
  /// Validates one whole item and returns its encoding.
  result<bytes_view> skip();
  /// The type of the next item, which is not consumed.
  result<cbor_type> peek();
  /// Success if the input ends here, with every container complete.
  result<void> finish();

  /// Bytes consumed so far; after an error, where it was found.
  std::size_t offset() const noexcept { return position_; }
  /// Bytes not consumed yet.
  std::size_t left() const noexcept { return input_.size() - position_; }
  bool failed() const noexcept { return problem_ != nullptr; }
  /// What was wrong, in a few words; "" while nothing is.
  std::string_view problem() const noexcept { return problem_ ? problem_ : ""; }
  error_code error() const noexcept;

  /// Makes the reader fail at `at` for a reason of the caller's (a value out of range), so that one
  /// place holds the first error. `what` must be a literal.
  error_code fail(std::size_t at, const char* what, wire_errc code = wire_errc::malformed) noexcept;

 private:
  struct item {
    cbor_type type;
    std::uint64_t argument;
    bytes_view content;  // of strings
  };
  struct level {
    std::uint64_t items_left;
    bool is_map;
    bytes_view last_key;
  };

  result<item> next();
  result<item> next(cbor_type wanted, const char* otherwise);
  result<std::uint64_t> argument(unsigned info);
  result<item> simple(unsigned info, std::size_t start);
  result<void> take_content(item& i, std::size_t start);
  result<void> enter(const item& i, std::size_t start);
  result<void> check_key(const item& i, std::size_t start);
  void item_done() noexcept;

  bytes_view input_;
  std::size_t position_ = 0;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  const char* problem_ = nullptr;
  wire_errc code_ = wire_errc::malformed;
  std::array<level, cbor_max_depth> levels_{};
};

}  // namespace hawser
