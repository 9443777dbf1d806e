// Messages and events of a link as lines of text or JSON.
#pragma once

#include <hawser/core/explain/explanation.hpp>
#include <hawser/hook.hpp>

#include <string>
#include <string_view>

namespace hawser::cli {

/// RFC 4648 section 4, padded.
std::string to_base64(bytes_view data);

/// One line for people: a text as it is, but for the bytes of its control characters (U+0080 to
/// U+009F too), which are written as \xHH (a terminal would obey them, and a line feed would begin
/// another line); a binary message as
/// `<5 bytes> 68656c6c6f`, of which only the first 32 bytes are shown.
std::string to_line(const inbound& m);

// One JSON object each, for programs; nothing is lost.
std::string to_json(const inbound& m);
std::string to_json(const open_info& o);
std::string to_json(const drop_info& d);
/// The client ended without what was asked of it.
std::string to_failed_json(const explanation& e);

}  // namespace hawser::cli
