// What the tests of the uplink's adapter share: a device with a stream, on a link of the test's
// own.
#pragma once

#include <hawser/adapters/hawser_cloud/adapter.hpp>

#include "support/bench_link.hpp"
#include "support/fake_hasher.hpp"
#include "support/frames.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hawser::test {

struct no_store : receipt_source {
  void fetch(const window_effect::fetch& f) override { wanted.push_back(f); }
  void acknowledge(std::uint32_t, std::uint64_t) override {}
  std::vector<window_effect::fetch> wanted;
};

// A device with one stream of three receipts, none of them acknowledged.
struct cloud_link : no_store, test::bench_link<hawser_cloud> {
  explicit cloud_link(hawser_cloud::options o = good(), lane_limits each = {})
      : bench_link(hawser_cloud(std::move(o), {stream()}, *this)),
        queue(role::client, masks, {each, each, each, each}) {
    link.queue = &queue;
    sink = &lines;
  }
  static hawser_cloud::options good() {
    hawser_cloud::options o;
    o.device = "gw-7";
    return o;
  }
  static outbox_stream stream() {
    fake_hasher h;
    const stream_key key{"gw-7", "quota/a", 7};
    return {1, key.governor, 7, {3, fake_chain(key, 3, 4)[2].hash}, 0, {0, chain_origin(h, key)}};
  }

  void open(bool successor = false) {
    link.open = true;
    ++link.number;
    const std::vector<header> none;
    open_info info{link.number, hawser_cloud::subprotocol, none};
    info.successor = successor;
    at([&](context& c) { plugins.open(c, info); });
  }
  template <class Message>
  void say(const Message& m) {
    bytes encoded;
    wire::encode(m, encoded);
    at([&](context& c) {
      EXPECT_EQ(plugins.message(c, {link.number, opcode::binary, encoded}), handled);
    });
  }
  void resumed() {
    fake_hasher h;
    const stream_head origin{0, chain_origin(h, {"gw-7", "quota/a", 7})};
    say(wire::resumed{{{1, origin, wire::resume_status::new_stream}}});
  }
  // The store gives what was asked for last.
  void give() {
    ASSERT_FALSE(wanted.empty());
    const auto f = wanted.back();
    const auto rows = fake_chain({"gw-7", "quota/a", 7}, 3, 4);
    at([&](context& c) { plugins.get<hawser_cloud>().rows(c, f, stream().base.hash, rows); });
  }

  test::scripted_entropy entropy;
  mask_source masks{entropy};
  send_queue queue;
  test::line_sink lines{log_level::info};
};

}  // namespace hawser::test
