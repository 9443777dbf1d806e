#include <hawser/core/text/json_writer.hpp>
#include <hawser/governor/print.hpp>

#include <algorithm>

namespace hawser::governor {

namespace {

// "record_usage [within limit] / usage_recorded"; an expiry is "after window".
std::string label(const table_view::row& r) {
  std::string out;
  if (r.from.empty()) return std::string(r.reason);
  if (r.is_timer) out += "after ";
  out += r.event;
  if (!r.guard.empty()) (out += " [").append(r.guard) += ']';
  out += " / ";
  out += r.reason.empty() ? "(the caller's reason)" : r.reason;
  return out;
}

// Calls draw(from, to, label) for every step; from is empty for the start.
template <class Draw>
void each_step(const table_view& table, Draw draw) {
  for (const auto& r : table.rows) {
    const std::string text = label(r);
    if (r.from.empty()) {
      for (const auto to : r.to) draw(std::string_view{}, to, text);
    }
    for (const auto from : r.from) {
      if (r.stays) {
        draw(from, from, text);
        continue;
      }
      for (const auto to : r.to) draw(from, to, text);
    }
  }
}

std::string dot_string(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

template <class Texts>
void write_texts(json_writer& json, std::string_view key, const Texts& texts) {
  json.key(key).begin_array();
  for (const auto& t : texts) json.text(t);
  json.end_array();
}

}  // namespace

std::string to_mermaid(const table_view& table) {
  std::string out = "stateDiagram-v2\n";
  each_step(table, [&](std::string_view from, std::string_view to, const std::string& text) {
    out.append("  ").append(from.empty() ? "[*]" : from).append(" --> ").append(to);
    out.append(" : ").append(text).append("\n");
  });
  for (const auto state : table.terminal) out.append("  ").append(state).append(" --> [*]\n");
  return out;
}

std::string to_dot(const table_view& table) {
  std::string out = "digraph " + dot_string(table.name) + " {\n  \"\" [shape=point];\n";
  for (const auto state : table.states) {
    const bool ends = std::ranges::find(table.terminal, state) != table.terminal.end();
    out += "  " + dot_string(state) + (ends ? " [shape=doublecircle];\n" : " [shape=box];\n");
  }
  each_step(table, [&](std::string_view from, std::string_view to, const std::string& text) {
    out +=
        "  " + dot_string(from) + " -> " + dot_string(to) + " [label=" + dot_string(text) + "];\n";
  });
  return out + "}\n";
}

std::string to_json(const table_view& table) {
  std::string out;
  json_writer json(out);
  json.begin_object().key("name").text(table.name);
  write_texts(json, "states", table.states);
  write_texts(json, "terminal", table.terminal);
  json.key("rows").begin_array();
  for (const auto& r : table.rows) {
    json.begin_object();
    write_texts(json, "from", r.from);
    json.key(r.is_timer ? "timer" : "event").text(r.event);
    json.key("guard").text(r.guard);
    write_texts(json, "to", r.to);
    json.key("stays").boolean(r.stays);
    json.key("reason").text(r.reason);
    json.key("answer").text(r.answer);
    json.key("error").text(r.error);
    write_texts(json, "timers", r.timers);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace hawser::governor
