#include <hawser/diagnostics.hpp>

#include <gtest/gtest.h>

namespace hawser {
namespace diagnostics_test {

using namespace std::chrono_literals;

TEST(diagnostics, json_holds_all_of_it) {
  client_diagnostics d;
  d.name = "feed";
  d.fresh = true;
  d.plugins.emplace_back("trace");
  d.plugins.emplace_back("ticker").add("topics", 2);
  d.routing = "open: trace -> ticker\nmessage: ticker\n";
  d.why.endpoint = "ws://host";
  d.why.at = phase::open;
  d.why.ready = true;
  d.why.plugins = d.plugins;
  link_diagnostics l;
  l.number = 3;
  l.role = link_diagnostics::part::predecessor;
  l.ready = true;
  l.age = 2s;
  l.silent = 5ms;
  l.lanes[3] = {4, 400};
  l.memory = 1000;
  d.links.push_back(l);
  d.queued = 4;
  d.queue_warning = 3;
  d.memory = 1000;
  d.pending_calls = 1;
  d.attempts = 5;
  d.opened = 3;
  d.received = 7;
  d.sent = 8;
  d.refused = 9;
  d.warnings.push_back("too \"long\"");
  const std::string empty = R"({"messages":0,"bytes":0})";
  const std::string none = R"({"state":"not reached"})";
  EXPECT_EQ(
      to_json(d),
      R"({"name":"feed","fresh":true,"plugins":["trace","ticker"],)"
      R"("routing":{"open":["trace","ticker"],"message":["ticker"]},)"
      R"("state":{"endpoint":"ws://host","phase":"open","ready":true,"link":0,"attempts":0,)"
      R"("steps":{"credentials":)" +
          none + R"(,"resolve":)" + none + R"(,"connect":)" + none + R"(,"tls":)" + none +
          R"(,"upgrade":)" + none + R"(,"login":)" + none +
          R"(},"plugins":{"trace":{},"ticker":{"topics":2}}},)"
          R"("links":[{"number":3,"role":"predecessor","ready":true,"age_ms":2000,"silent_ms":5,)"
          R"("lanes":{"control":)" +
          empty + R"(,"governor":)" + empty + R"(,"receipts":)" + empty +
          R"(,"bulk":{"messages":4,"bytes":400}},"memory":1000}],"offline":)" + empty +
          R"(,"queued":4,)"
          R"("queue_warning":3,"memory":1000,"pending_calls":1,"attempts":5,"opened":3,)"
          R"("received":7,"sent":8,"refused":9,"warnings":["too \"long\""]})");
}

TEST(diagnostics, all_of_nobody_is_an_empty_array) {
  EXPECT_EQ(to_json(std::vector<client_diagnostics>{}), "[]");
}

}  // namespace diagnostics_test
}  // namespace hawser
