#include "store/sqlite/row_sum.hpp"

#include <cstdint>
#include <span>

namespace hawser::io::sqlite {
namespace {

class fnv1a {
 public:
  void add(unsigned char c) noexcept { value_ = (value_ ^ c) * 0x100000001b3; }
  void add(std::uint64_t v) noexcept {
    for (unsigned i = 0; i < 64; i += 8) add(static_cast<unsigned char>(v >> i));
  }
  sqlite3_int64 value() const noexcept { return static_cast<sqlite3_int64>(value_); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

sqlite3_int64 sum_of(int count, sqlite3_value** values) {
  fnv1a h;
  for (sqlite3_value* v : std::span(values, static_cast<std::size_t>(count))) {
    const int type = sqlite3_value_type(v);
    h.add(static_cast<unsigned char>(type));
    if (type == SQLITE_INTEGER) {
      h.add(static_cast<std::uint64_t>(sqlite3_value_int64(v)));
    } else if (type != SQLITE_NULL) {
      const auto* data = static_cast<const unsigned char*>(sqlite3_value_blob(v));
      const auto size = static_cast<std::size_t>(sqlite3_value_bytes(v));
      h.add(std::uint64_t{size});
      for (const unsigned char c : std::span(data, size)) h.add(c);
    }
  }
  return h.value();
}

void sum(sqlite3_context* context, int count, sqlite3_value** values) {
  sqlite3_result_int64(context, sum_of(count, values));
}

// The sums are added, modulo 2^64, so that the order of the rows does not matter.
void add_row(sqlite3_context* context, int count, sqlite3_value** values) {
  void* const total = sqlite3_aggregate_context(context, sizeof(std::uint64_t));
  if (total == nullptr) return sqlite3_result_error_nomem(context);
  *static_cast<std::uint64_t*>(total) += static_cast<std::uint64_t>(sum_of(count, values));
}

void finish(sqlite3_context* context) {
  const void* const total = sqlite3_aggregate_context(context, 0);  // nullptr: there was no row
  sqlite3_result_int64(
      context, total ? static_cast<sqlite3_int64>(*static_cast<const std::uint64_t*>(total)) : 0);
}

}  // namespace

void add_row_sum(sqlite3* db) {
  constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  sqlite3_create_function_v2(db, "hawser_sum", -1, flags, nullptr, sum, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(db, "hawser_total", -1, flags, nullptr, nullptr, add_row, finish,
                             nullptr);
}

}  // namespace hawser::io::sqlite
