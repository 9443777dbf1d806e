#include "io/net/retry_after.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>

namespace hawser::io {
namespace {

std::optional<std::time_t> parse_date(const std::string& text) {
  for (const char* form :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    std::tm parts{};
    in >> std::get_time(&parts, form);
    std::ostringstream again;  // A text that ends early is read without a complaint.
    again.imbue(std::locale::classic());
    again << std::put_time(&parts, form);
    if (in && again.str() == text) return ::timegm(&parts);
  }
  return {};
}

}  // namespace

std::optional<duration> parse_retry_after(std::string_view value,
                                          std::chrono::system_clock::time_point now) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  value = value.substr(first, value.find_last_not_of(" \t") - first + 1);
  // A larger number is as good as for ever, and must not overflow.
  constexpr std::uint64_t longest = 10 * 365 * 24 * 3600ULL;
  std::uint64_t seconds = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size()) {
    return std::chrono::seconds(ec == std::errc() ? std::min(seconds, longest) : longest);
  }
  const auto date = parse_date(std::string(value));
  if (!date) return {};
  const auto left = std::chrono::system_clock::from_time_t(*date) -
                    std::chrono::time_point_cast<std::chrono::system_clock::duration>(now);
  return std::clamp<duration>(left, duration::zero(), std::chrono::seconds(longest));
}

std::optional<duration> retry_after(const std::vector<header>& headers,
                                    std::chrono::system_clock::time_point now) {
  for (const header& h : headers) {
    if (boost::beast::iequals(h.name, "Retry-After")) return parse_retry_after(h.value, now);
  }
  return {};
}

}  // namespace hawser::io
