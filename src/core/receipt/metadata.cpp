#include <hawser/core/receipt/metadata.hpp>

namespace hawser {

bool is_metadata(bytes_view encoded) noexcept {
  cbor_reader in(encoded, receipt_max_depth - 1);
  const auto pairs = in.map();
  if (!pairs) return false;
  for (std::uint64_t i = 0; i < *pairs; ++i) {
    if (!in.text() || !in.skip()) return false;
  }
  return in.finish().has_value();
}

}  // namespace hawser
