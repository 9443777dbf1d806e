#include <hawser/core/text/json_writer.hpp>
#include <hawser/diagnostics.hpp>

#include <chrono>

namespace hawser {
namespace {

constexpr std::array<std::string_view, lane_count> lane_names{"control", "governor", "receipts",
                                                              "bulk"};

std::string_view name(link_diagnostics::part p) noexcept {
  using part = link_diagnostics::part;
  switch (p) {
    case part::live:
      return "live";
    case part::successor:
      return "successor";
    case part::predecessor:
      return "predecessor";
    case part::lingering:
      return "lingering";
  }
  return "?";
}

void write_link(json_writer& w, const link_diagnostics& l) {
  w.begin_object().key("number").unsigned_int(l.number).key("role").text(name(l.role));
  w.key("ready").boolean(l.ready).key("age_ms").signed_int(whole_ms(l.age));
  w.key("silent_ms").signed_int(whole_ms(l.silent)).key("lanes").begin_object();
  for (std::size_t i = 0; i < lane_count; ++i) {
    w.key(lane_names[i]).begin_object().key("messages").unsigned_int(l.lanes[i].messages);
    w.key("bytes").unsigned_int(l.lanes[i].bytes).end_object();
  }
  w.end_object().key("memory").unsigned_int(l.memory).end_object();
}

// "open: a -> b" becomes "open":["a","b"].
void write_routing(json_writer& w, std::string_view table) {
  w.key("routing").begin_object();
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    std::string_view line = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    w.key(line.substr(0, colon)).begin_array();
    line.remove_prefix(colon + 2);
    while (!line.empty()) {
      const auto arrow = std::min(line.find(" -> "), line.size());
      w.text(line.substr(0, arrow));
      line.remove_prefix(std::min(arrow + 4, line.size()));
    }
    w.end_array();
  }
  w.end_object();
}

void write(json_writer& w, const client_diagnostics& d) {
  w.begin_object().key("name").text(d.name).key("fresh").boolean(d.fresh);
  w.key("plugins").begin_array();
  for (const description& p : d.plugins) w.text(p.plugin());
  w.end_array();
  write_routing(w, d.routing);
  w.key("state");
  write(w, d.why);
  w.key("links").begin_array();
  for (const link_diagnostics& l : d.links) write_link(w, l);
  w.end_array();
  w.key("offline").begin_object().key("messages").unsigned_int(d.offline.messages);
  w.key("bytes").unsigned_int(d.offline.bytes).end_object();
  w.key("queued").unsigned_int(d.queued).key("queue_warning").unsigned_int(d.queue_warning);
  w.key("memory").unsigned_int(d.memory).key("pending_calls").unsigned_int(d.pending_calls);
  w.key("attempts").unsigned_int(d.attempts).key("opened").unsigned_int(d.opened);
  w.key("received").unsigned_int(d.received).key("sent").unsigned_int(d.sent);
  w.key("refused").unsigned_int(d.refused).key("warnings").begin_array();
  for (const std::string& text : d.warnings) w.text(text);
  w.end_array().end_object();
}

}  // namespace

std::string to_json(const client_diagnostics& d) {
  std::string out;
  json_writer w(out);
  write(w, d);
  return out;
}

std::string to_json(const std::vector<client_diagnostics>& all) {
  std::string out;
  json_writer w(out);
  w.begin_array();
  for (const client_diagnostics& d : all) write(w, d);
  w.end_array();
  return out;
}

}  // namespace hawser
