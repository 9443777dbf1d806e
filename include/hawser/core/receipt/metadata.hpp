// What a receipt says beyond its fixed fields: a flat map.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/receipt/cbor.hpp>

#include <cstddef>
#include <string_view>

namespace hawser {

/// Nesting of a receipt, its own array included: a message carries receipts two levels down.
inline constexpr std::size_t receipt_max_depth = cbor_max_depth - 2;

/// The field that holds the context of an event.
inline constexpr std::string_view context_field = "context";

/// Whether the bytes are one deterministic CBOR map with text keys, no deeper than a receipt
/// allows.
bool is_metadata(bytes_view encoded) noexcept;

}  // namespace hawser
