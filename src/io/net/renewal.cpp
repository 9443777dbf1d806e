// Of new credentials.
#include "io/net/renewal.hpp"

#include <utility>

namespace hawser::io {

// The link's own credentials stay what they were: what echoes them is masked.
std::uint64_t renewal::begin(std::uint64_t link, std::string where, time_point until) {
  if (!request_.headers.empty()) shown_ = std::move(request_.headers);
  if (link_ != link) shown_.clear();
  link_ = link;
  request_ = {};
  request_.endpoint = std::move(where);
  deadline_ = until;
  return ++number_;
}

bool renewal::finish(std::uint64_t number) noexcept {
  if (number_ != number || deadline_ == never) return false;
  deadline_ = never;
  return true;
}

const std::vector<header>& renewal::grant(const std::vector<header>& granted) {
  request_.headers.insert(request_.headers.end(), granted.begin(), granted.end());
  return request_.headers;
}

void renewal::hide_in(sent_secrets& from) const {
  for (const header& f : shown_) from.add_credential(f.name, f.value);
  for (const header& f : request_.headers) from.add_credential(f.name, f.value);
}

}  // namespace hawser::io
