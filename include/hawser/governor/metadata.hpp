// Makes the metadata of a receipt from a governor's fields.
#pragma once

#include <hawser/core/receipt/metadata.hpp>
#include <hawser/governor/types.hpp>

#include <string>
#include <string_view>

namespace hawser {

/// The fields as receipt::metadata: names in the order that deterministic CBOR asks for, integers
/// and booleans as such, decimals as text ("1.20"). `context` (JSON text; empty: none) is kept
/// under context_field and wins over a field of that name; of two fields with one name the first
/// counts, as governor::find has it. Nothing to say gives empty bytes. Text that is not UTF-8 is
/// repaired.
bytes encode_metadata(const governor::fields& f, std::string_view context = {});

/// The exact value in plain digits ("-0.05"), or as "15e40" when that would take more than 36
/// zeros.
std::string to_text(const governor::decimal& d);

}  // namespace hawser
