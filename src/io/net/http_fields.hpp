// What both sides of the opening handshake ask of the fields that Beast's parser read.
#pragma once

#include <hawser/hook.hpp>

#include <boost/beast/http.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hawser::io {

namespace http = boost::beast::http;

inline std::string_view view(boost::beast::string_view s) noexcept { return {s.data(), s.size()}; }

template <class Fields>
std::vector<header> copy_fields(const Fields& fields) {
  std::vector<header> out;
  for (const auto& f : fields) {
    out.push_back({std::string(view(f.name_string())), std::string(view(f.value()))});
  }
  return out;
}

// A list may be split between lines of one name (RFC 2616 section 4.2).
template <class Fields>
std::string joined(const Fields& fields, http::field name) {
  std::string out;
  const auto lines = fields.equal_range(name);
  for (auto i = lines.first; i != lines.second; ++i) {
    if (i != lines.first) out += ", ";
    out += view(i->value());
  }
  return out;
}

template <class Fields>
bool says(const Fields& fields, http::field name, std::string_view token) {
  const std::string list = joined(fields, name);
  return http::token_list{list}.exists({token.data(), token.size()});
}

}  // namespace hawser::io
