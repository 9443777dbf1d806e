#include <hawser/core/text/redaction.hpp>
#include <hawser/hook_argument.hpp>

#include <algorithm>
#include <functional>

namespace hawser {
namespace {

// Sixty-four bits of a hash are enough to compare with; a field that is empty is one that is there.
void mix(std::uint64_t& into, std::string_view text) {
  into = (into ^ (std::hash<std::string_view>{}(text) + 1)) * 0x9E3779B97F4A7C15;
  into ^= into >> 32;
}

bool is_granted(const handshake& h, std::string_view name, std::string_view value) {
  return std::any_of(h.granted.begin(), h.granted.end(),
                     [&](const header& g) { return g.name == name && g.value == value; });
}

// A segment of the path, or a parameter of one.
bool is_granted(const handshake& h, std::string_view piece) {
  const auto equals = piece.find('=');
  const bool named = equals != piece.npos;
  return is_granted(h, piece.substr(0, named ? equals : 0), piece.substr(named ? equals + 1 : 0));
}

}  // namespace

fingerprint fingerprint_of(const handshake& h) {
  const std::string_view target = h.target;
  const auto query = std::min(target.find('?'), target.size());
  fingerprint f;
  mix(f.resource, h.endpoint);
  // A path in which credentials stand is the same one with others.
  for (std::string_view path = target.substr(0, query); !path.empty();) {
    const std::string_view piece = path.substr(0, path.find_first_of("/;", 1));
    mix(is_granted(h, piece.substr(1)) ? f.credentials : f.resource, piece);
    path.remove_prefix(piece.size());
  }
  mix(f.credentials, target.substr(query));
  for (const header& field : h.headers) {
    if (!is_secret(field.name) && !is_granted(h, field.name, field.value)) continue;
    mix(f.credentials, field.name);
    mix(f.credentials, field.value);
  }
  for (const std::string& offered : h.subprotocols) mix(f.credentials, offered);
  return f;
}

}  // namespace hawser
