#include <hawser/core/text/text.hpp>
#include <hawser/core/text/utf8.hpp>
#include <hawser/governor/metadata.hpp>

#include <algorithm>

namespace hawser {

namespace {

struct member {
  std::string name;
  bytes value;
};

bytes encoded_text(std::string_view s) {
  bytes out;
  cbor_writer(out).text(valid_utf8(as_bytes(s)) ? s : std::string_view(repair_utf8(s)));
  return out;
}

bytes encoded_value(const governor::value& v) {
  if (const auto* s = std::get_if<std::string>(&v)) return encoded_text(*s);
  bytes out;
  cbor_writer w(out);
  if (const auto* n = std::get_if<std::int64_t>(&v)) w.signed_int(*n);
  if (const auto* d = std::get_if<governor::decimal>(&v)) w.text(to_text(*d));
  if (const auto* b = std::get_if<bool>(&v)) w.boolean(*b);
  return out;
}

}  // namespace

bytes encode_metadata(const governor::fields& f, std::string_view context) {
  std::vector<member> entries;
  entries.reserve(f.size() + 1);
  const auto add = [&](std::string name, bytes value) {
    if (!valid_utf8(as_bytes(name))) name = repair_utf8(name);
    if (std::ranges::find(entries, name, &member::name) != entries.end()) return;
    entries.push_back({std::move(name), std::move(value)});
  };
  if (!context.empty()) add(std::string(context_field), encoded_text(context));
  for (const auto& [name, value] : f) add(name, encoded_value(value));
  if (entries.empty()) return {};

  // The head of a text grows with its length, so encoded order is: shorter first, then by bytes.
  std::ranges::sort(entries, [](const member& a, const member& b) {
    return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
  });
  bytes out;
  cbor_writer w(out);
  w.map(entries.size());
  for (const member& e : entries) w.text(e.name).raw(e.value);
  return out;
}

std::string to_text(const governor::decimal& d) {
  constexpr int most_zeros = 36;
  std::string digits = std::to_string(d.mantissa);
  if (d.exponent == 0 || d.mantissa == 0) return digits;
  if (d.exponent > most_zeros || d.exponent < -most_zeros) {
    return digits + 'e' + std::to_string(d.exponent);
  }
  if (d.exponent > 0) return digits.append(static_cast<std::size_t>(d.exponent), '0');
  const std::size_t sign = d.mantissa < 0 ? 1 : 0;
  const auto places = static_cast<std::size_t>(-d.exponent);
  if (digits.size() - sign <= places) {
    digits.insert(sign, places + 1 - (digits.size() - sign), '0');
  }
  digits.insert(digits.size() - places, 1, '.');
  return digits;
}

}  // namespace hawser
