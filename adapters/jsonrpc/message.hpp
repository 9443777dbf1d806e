// The texts of JSON-RPC 2.0 (jsonrpc.org/specification), in and out. No link here.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/error.hpp>

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hawser::rpc {

/// A JSON value, valid during the call that it is given to. A missing one is null.
using element = simdjson::dom::element;

/// The codes of section 5.1. From -32099 to -32000 are the server's, others the application's.
enum class code : std::int64_t {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
};

/// An error object (section 5.1).
struct error {
  std::int64_t code = 0;
  std::string message;
  std::string data = {};  ///< JSON; empty: none

  bool is(rpc::code c) const noexcept { return code == static_cast<std::int64_t>(c); }
};

/// A call: params are a JSON array or object, or empty for none. What is in `more` goes out with it
/// as one batch (section 6).
struct request {
  std::string method;
  std::string params = {};
  std::vector<request> more = {};
};

/// What came back: `failure`, or else `result`, one JSON value. `more` answers the request's
/// `more`, in its order, whatever order the peer answered in.
struct reply {
  std::string result = "null";
  std::optional<error> failure = {};
  std::vector<reply> more = {};

  bool ok() const noexcept { return !failure; }
  static reply refuse(code c, std::string why) {
    return {{}, error{static_cast<std::int64_t>(c), std::move(why)}};
  }
};

/// Whether `params` may be those of a request: empty, or one JSON array or object. What the parser
/// holds is lost; it keeps its memory.
inline bool valid_params(std::string_view params, simdjson::dom::parser& parser) {
  if (params.empty()) return true;
  element e;
  return parser.parse(params.data(), params.size()).get(e) == simdjson::SUCCESS &&
         (e.is_array() || e.is_object());
}

/// A request, or without `id` a notification.
inline void write_request(json_writer& out, std::string_view method, std::string_view params,
                          const std::optional<std::uint64_t>& id) {
  out.begin_object().key("jsonrpc").text("2.0").key("method").text(method);
  if (!params.empty()) out.key("params").raw(params);
  if (id) out.key("id").unsigned_int(*id);
  out.end_object();
}

/// The answer to the request with this id, which is JSON.
inline void write_reply(json_writer& out, std::string_view id, const reply& r) {
  out.begin_object().key("jsonrpc").text("2.0");
  if (r.failure) {
    out.key("error").begin_object().key("code").signed_int(r.failure->code);
    out.key("message").text(r.failure->message);
    if (!r.failure->data.empty()) out.key("data").raw(r.failure->data);
    out.end_object();
  } else {
    out.key("result").raw(r.result);
  }
  out.key("id").raw(id).end_object();
}

/// One object of the peer's. Views and elements live as long as the text and the reader.
struct incoming {
  enum class kind : std::uint8_t {
    request,
    notification,
    reply,
    bad_request,  ///< to be answered with invalid_request
    bad_reply,    ///< never answered, or two peers would quarrel for ever
  };
  kind what = kind::bad_request;
  std::string id = "null";                   ///< JSON, to be given back
  std::optional<std::uint64_t> number = {};  ///< the same, if it may be one of ours
  std::string_view method = {};
  std::optional<element> params = {};
  std::optional<element> result = {};
  error failure = {};         ///< of a reply without result
  std::string_view why = {};  ///< what is bad
};

namespace detail {

/// The members of an envelope; a member that is there twice means nothing.
struct envelope {
  std::optional<element> version, method, params, id, result, error;
  bool twice = false;
  bool two_ids = false;

  explicit envelope(const simdjson::dom::object& o) {
    for (const auto field : o) {
      std::optional<element>* const to = member(field.key);
      if (to == nullptr) continue;
      twice = twice || to->has_value();
      two_ids = two_ids || (to == &id && to->has_value());
      *to = field.value;
    }
  }

 private:
  std::optional<element>* member(std::string_view name) noexcept {
    if (name == "jsonrpc") return &version;
    if (name == "method") return &method;
    if (name == "params") return &params;
    if (name == "id") return &id;
    if (name == "result") return &result;
    if (name == "error") return &error;
    return nullptr;
  }
};

inline bool valid_id(const element& id) {
  return id.is_null() || id.is_string() || id.is_int64() || id.is_uint64() || id.is_double();
}

// Code, an integer; message, a string; perhaps data.
inline bool read_error(const element& from, error& to) {
  std::string_view message;
  element data;
  if (from["code"].get(to.code) != simdjson::SUCCESS) return false;
  if (from["message"].get(message) != simdjson::SUCCESS) return false;
  to.message = message;
  if (from["data"].get(data) == simdjson::SUCCESS) to.data = simdjson::minify(data);
  return true;
}

inline std::string_view flaw_of_request(const envelope& e) {
  if (!e.method || !e.method->is_string()) return "no method";
  if (e.params && !e.params->is_array() && !e.params->is_object()) {
    return "params are neither an array nor an object";
  }
  return {};
}

inline std::string_view flaw_of_reply(const envelope& e, error& failure) {
  if (e.method) return "a method beside a result or error";
  if (!e.id) return "a reply without an id";
  if (e.result && e.error) return "both a result and an error";
  if (e.error && (!e.error->is_object() || !read_error(*e.error, failure))) {
    return "an error without a code or message";
  }
  return {};
}

}  // namespace detail

/// What an object is, by the letter of sections 4 and 5.
inline incoming classify(const element& from) {
  incoming in;
  simdjson::dom::object object;
  if (from.get(object) != simdjson::SUCCESS) {
    in.why = "not an object";
    return in;
  }
  const detail::envelope e(object);
  const bool replies = e.result || e.error;
  in.what = replies ? incoming::kind::bad_reply : incoming::kind::bad_request;
  std::string_view version;
  if (e.id && !e.two_ids && detail::valid_id(*e.id)) {
    in.id = simdjson::minify(*e.id);
    if (std::uint64_t n = 0; e.id->get(n) == simdjson::SUCCESS) in.number = n;
  }
  if (e.twice) {
    in.why = "a member is there twice";
  } else if (!e.version || e.version->get(version) != simdjson::SUCCESS || version != "2.0") {
    in.why = "jsonrpc is not \"2.0\"";
  } else if (e.id && !detail::valid_id(*e.id)) {
    in.why = "the id is neither a string, a number nor null";
  } else {
    in.why = replies ? detail::flaw_of_reply(e, in.failure) : detail::flaw_of_request(e);
  }
  if (!in.why.empty()) return in;
  in.params = e.params;
  in.result = e.result;
  if (e.method) in.method = *e.method;
  in.what = replies ? incoming::kind::reply
            : e.id  ? incoming::kind::request
                    : incoming::kind::notification;
  return in;
}

/// Parses texts in place. A text with a whole number beyond 64 bits, or nested deeper than 1024, is
/// not read.
class reader {
 public:
  reader() : null_(nulls_.parse(std::string_view("null")).value()) {}

  /// The text as one value; empty: it cannot be read, and `why` not. `padding` readable bytes past
  /// its end.
  std::optional<element> parse(bytes_view text, std::string_view* why = nullptr) {
    element e;
    const auto* begin = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto ec = parser_.parse(begin, text.size(), false).get(e);
    if (ec == simdjson::SUCCESS) return e;
    if (why != nullptr) *why = name(ec);
    return std::nullopt;
  }
  element null() const noexcept { return null_; }

 private:
  static std::string_view name(simdjson::error_code ec) noexcept {
    if (ec == simdjson::DEPTH_ERROR) return "nested deeper than 1024";
    if (ec == simdjson::NUMBER_ERROR) return "a number that 64 bits do not hold, or none";
    return "not JSON";
  }

  simdjson::dom::parser parser_;
  simdjson::dom::parser nulls_;
  element null_;
};

}  // namespace hawser::rpc
