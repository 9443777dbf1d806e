#include "cli/message_text.hpp"

#include <hawser/core/text/json_writer.hpp>

#include <algorithm>

namespace hawser::cli {
namespace {

constexpr std::string_view hex = "0123456789abcdef";
constexpr std::size_t most_shown = 32;  // bytes of a binary message

void append_hex(std::string& out, unsigned byte) {
  (out += "\\x") += {hex[byte >> 4], hex[byte & 15]};
}

}  // namespace

std::string to_base64(bytes_view data) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, data.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < n ? std::to_integer<unsigned>(data[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= n ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::string to_line(const inbound& m) {
  std::string out;
  if (m.op == opcode::binary) {
    out = "<" + std::to_string(m.data.size()) + " bytes> ";
    for (const std::byte b : m.data.first(std::min(m.data.size(), most_shown))) {
      out += hex[std::to_integer<unsigned>(b) >> 4];
      out += hex[std::to_integer<unsigned>(b) & 15];
    }
    return m.data.size() > most_shown ? out + "..." : out;
  }
  const std::string_view text = m.text();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if ((code < 0x20 && code != '\t') || code == 0x7F) {
      append_hex(out, code);
    } else if (code == 0xC2 && next >= 0x80 && next < 0xA0) {  // U+0080 to U+009F
      append_hex(out, code);
      append_hex(out, next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string to_json(const inbound& m) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("event").text("message").key("link").unsigned_int(m.link);
  if (m.op == opcode::binary) {
    w.key("base64").text(to_base64(m.data));
  } else {
    w.key("text").text(m.text());
  }
  w.end_object();
  return out;
}

std::string to_json(const open_info& o) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("event").text("open").key("link").unsigned_int(o.link);
  if (!o.subprotocol.empty()) w.key("subprotocol").text(o.subprotocol);
  if (!o.tls.version.empty()) w.key("tls").text(o.tls.version).key("cipher").text(o.tls.cipher);
  w.end_object();
  return out;
}

std::string to_json(const drop_info& d) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("event").text("close").key("link").unsigned_int(d.link);
  w.key("code").unsigned_int(static_cast<unsigned>(d.code)).key("reason").text(d.reason);
  w.key("by").text(d.by == link_end::ours ? "us" : "peer").key("clean").boolean(d.clean);
  w.key("error").text(d.error.message()).end_object();
  return out;
}

std::string to_failed_json(const explanation& e) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("event").text("failed").key("explanation");
  write(w, e);
  w.end_object();
  return out;
}

}  // namespace hawser::cli
