#include "io/net/granted.hpp"

#include <algorithm>
#include <string_view>

namespace hawser::io {
namespace {

std::vector<std::string_view> pieces_of(std::string_view target) {
  std::vector<std::string_view> out;
  while (!target.empty()) {
    const auto end = std::min(target.find_first_of("/?&;"), target.size());
    if (end != 0) out.push_back(target.substr(0, end));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return out;
}

}  // namespace

std::vector<header> added_to(const handshake& before, const handshake& now) {
  std::vector<header> out;
  for (const header& f : now.headers) {
    const auto same = [&](const header& g) { return g.name == f.name && g.value == f.value; };
    if (std::count_if(before.headers.begin(), before.headers.end(), same) <
        std::count_if(now.headers.begin(), now.headers.end(), same)) {
      out.push_back(f);
    }
  }
  const auto known = pieces_of(before.target);
  for (const std::string_view piece : pieces_of(now.target)) {
    if (std::find(known.begin(), known.end(), piece) != known.end()) continue;
    const auto equals = piece.find('=');
    const bool named = equals != piece.npos;
    out.push_back({std::string(piece.substr(0, named ? equals : 0)),
                   std::string(piece.substr(named ? equals + 1 : 0))});
  }
  const auto& offered = before.subprotocols;
  for (const std::string& s : now.subprotocols) {
    if (std::find(offered.begin(), offered.end(), s) == offered.end()) out.push_back({{}, s});
  }
  return out;
}

}  // namespace hawser::io
