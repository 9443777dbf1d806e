#include "io/net/evidence.hpp"

#include <hawser/core/text/json_redact.hpp>
#include <hawser/core/text/text.hpp>

#include <boost/beast/core/string.hpp>

namespace hawser::io {
namespace {

constexpr std::size_t most_of_challenge = 300;
constexpr std::size_t most_of_body = 500;

// White space as one space, and no more than `most` bytes of it.
std::string in_one_line(std::string_view text, std::size_t most) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
    if (out.size() > most) return out.substr(0, most) + "...";
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Masked before it is cut: the beginning of a secret would be none.
std::string challenges_in(const std::vector<header>& fields, const sent_secrets& ours) {
  std::string out;
  for (const header& f : fields) {
    for (const std::string_view name : {"WWW-Authenticate", "Proxy-Authenticate"}) {
      if (!boost::beast::iequals(f.name, {name.data(), name.size()})) continue;
      out.append(", ").append(name).append(": ");
      out += in_one_line(ours.mask(f.value), most_of_challenge);
      if (out.size() > 2 * most_of_challenge) return out;
    }
  }
  return out;
}

}  // namespace

sent_secrets secrets_of(const handshake& request) {
  sent_secrets out;
  for (const header& f : request.headers) out.add_field(f.name, f.value);
  out.add_target(request.target);
  out.add_subprotocols(request.subprotocols);
  for (const header& f : request.granted) out.add_credential(f.name, f.value);
  return out;
}

std::string show_refusal(const upgrade_outcome& o, const sent_secrets& ours) {
  if (!o.bytes.empty()) {  // In hex nothing would be found in them.
    return std::string(no_response) + describe_bytes(as_bytes(ours.mask(redact_text(o.bytes))));
  }
  std::string out = ours.mask(redact_text(o.detail));
  if (o.status == 0 || o.status == 101) return out;
  out += challenges_in(o.headers, ours);
  const std::string body = in_one_line(ours.mask(redact_text(o.body)), most_of_body);
  return body.empty() ? out : out + ", body: " + body;
}

}  // namespace hawser::io
