#include <hawser/core/redaction.hpp>
#include <hawser/hook_argument.hpp>

#include <functional>

namespace hawser {
namespace {

// Sixty-four bits of a hash are enough to compare with; a field that is empty is one that is there.
void mix(std::uint64_t& into, std::string_view text) {
  into = (into ^ (std::hash<std::string_view>{}(text) + 1)) * 0x9E3779B97F4A7C15;
  into ^= into >> 32;
}

}  // namespace

fingerprint fingerprint_of(const handshake& h) {
  const std::string_view target = h.target;
  const auto query = std::min(target.find('?'), target.size());
  fingerprint f;
  mix(f.resource, h.endpoint);
  mix(f.resource, target.substr(0, query));
  mix(f.credentials, target.substr(query));
  for (const header& field : h.headers) {
    if (!is_secret(field.name)) continue;
    mix(f.credentials, field.name);
    mix(f.credentials, field.value);
  }
  for (const std::string& offered : h.subprotocols) mix(f.credentials, offered);
  return f;
}

}  // namespace hawser
