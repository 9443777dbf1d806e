// Damaged messages between a device and a cloud, both ways: refused with a reason, or harmless.
#include <hawser/adapter.hpp>
#include <hawser/chain.hpp>
#include <hawser/core/receipt/wire.hpp>
#include <hawser/io/acceptor.hpp>

#include "support/raw_device.hpp"
#include "support/receipt_chain.hpp"
#include "support/rope_fixture.hpp"

namespace hawser {
namespace hostile_wire_test {

using test::message_of;
using test::patience;
using test::raw_device;
using test::receipt_chain;
using ::testing::HasSubstr;
using std::chrono_literals::operator""ms;

template <class Message>
bytes encoded(const Message& m) {
  bytes out;
  wire::encode(m, out);
  return out;
}

bytes damaged(bytes m, std::mt19937_64& random) {
  const auto any = [&] { return static_cast<std::byte>(random() % 256); };
  const auto at = static_cast<std::ptrdiff_t>(random() % m.size());
  switch (random() % 5) {
    case 0:
      m[static_cast<std::size_t>(at)] ^= static_cast<std::byte>(1U << random() % 8);
      break;
    case 1:
      m[static_cast<std::size_t>(at)] = any();
      break;
    case 2:
      m.resize(static_cast<std::size_t>(at));
      break;
    case 3:
      m.insert(m.begin() + at, any());
      break;
    default:
      m.erase(m.begin() + at);
  }
  return m;
}

class hostile_wire : public test::rope_fixture {};

// Reads until the answer to the probe or the end of the link; what was refused on the way.
std::vector<wire::nack> answers_up_to(raw_device& device, std::uint32_t probe) {
  std::vector<wire::nack> out;
  while (const auto m = device.next()) {
    if (const auto* n = std::get_if<wire::nack>(&*m)) out.push_back(*n);
    if (const auto* r = std::get_if<wire::resumed>(&*m)) {
      for (const auto& p : r->streams) {
        if (p.sid == probe) return out;
      }
    }
  }
  return out;
}

TEST_F(hostile_wire, a_cloud_refuses_damage_or_is_not_harmed_and_serves_the_others) {
  start_cloud();
  std::mt19937_64 random(11);
  receipt_chain healthy({"healthy", "quota/a", 1});
  raw_device good(port);
  good.hello("healthy");
  good.say(wire::resume{{{1, "quota/a", 1, 1, healthy.head()}}, {}});
  good.next_as<wire::welcome>();
  good.next_as<wire::resumed>();

  int undecodable = 0;
  int nacked = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "victim-" + std::to_string(i);
    receipt_chain chain({name, "quota/a", 7});
    const stream_head origin = chain.head();
    const auto rows = chain.next_batch(3);
    wire::hello hello;
    hello.device = name;
    std::vector<bytes> script{encoded(hello),
                              encoded(wire::resume{{{1, "quota/a", 7, 1, chain.head()}}, {}}),
                              encoded(message_of(1, origin, rows))};
    const auto which = std::min<std::size_t>(random() % 4, 2);
    script[which] = damaged(script[which], random);
    wire::decode_error e;
    const bool decodes = wire::decode(script[which], e).has_value();

    raw_device victim(port);
    for (const bytes& m : script) victim.say_bytes(m);
    constexpr std::uint32_t probe = 4'000'000;
    victim.say(wire::resume{{{probe, "probe", 7, 1, {}}}, {}});
    const auto refusals = answers_up_to(victim, probe);
    if (!decodes) {
      ++undecodable;
      victim.wait_for_end();
      EXPECT_EQ(victim.code(), close_code::protocol_error) << i;
      EXPECT_EQ(victim.reason(), e.what + " at " + std::to_string(e.offset)) << i;
    } else if (which == 2 && !victim.ended()) {
      nacked += !refusals.empty();
    }

    const stream_head previous = healthy.head();
    const auto batch = healthy.next_batch(2);
    good.say(message_of(1, previous, batch));
    EXPECT_EQ(good.next_as<wire::ack>().streams.at(0).committed_seq, healthy.head().seq) << i;
  }
  EXPECT_GT(undecodable, 20);
  EXPECT_GT(nacked, 5);
  const auto v = ledger();
  EXPECT_EQ(v.found.broken, 0U);
}

TEST_F(hostile_wire, a_batch_with_any_bit_changed_is_never_committed) {
  start_cloud();
  receipt_chain chain({"gw-9", "quota/a", 7});
  const stream_head origin = chain.head();
  const auto rows = chain.next_batch(2);
  const bytes good = encoded(message_of(1, origin, rows));
  std::mt19937_64 random(3);
  for (int i = 0; i < 100; ++i) {
    raw_device device(port);
    device.hello("gw-9");
    device.say(wire::resume{{{1, "quota/a", 7, 1, chain.head()}}, {}});
    device.next_as<wire::welcome>();
    EXPECT_EQ(device.next_as<wire::resumed>().streams.at(0).committed.seq, 0U) << i;
    bytes bad = good;
    bad[random() % bad.size()] ^= static_cast<std::byte>(1U << random() % 8);
    device.say_bytes(bad);
    if (const auto m = device.next()) {
      ASSERT_TRUE(std::holds_alternative<wire::nack>(*m)) << i;
      const auto code = std::get<wire::nack>(*m).code;
      EXPECT_TRUE(code == wire::nack_code::corrupt || code == wire::nack_code::unknown_stream) << i;
    } else {
      EXPECT_EQ(device.code(), close_code::protocol_error);
    }
  }
  EXPECT_EQ(ledger().found.receipts, 0U);
}

TEST_F(hostile_wire, what_comes_out_of_order_or_is_text_is_refused_by_name) {
  start_cloud();
  const auto refused = [&](const std::function<void(raw_device&)>& talk, const char* why) {
    raw_device device(port);
    talk(device);
    device.wait_for_end();
    EXPECT_EQ(device.code(), close_code::protocol_error) << why;
    EXPECT_THAT(device.reason(), HasSubstr(why));
  };
  refused([](raw_device& d) { d.say(wire::resume{}); }, "hello must come first");
  refused([](raw_device& d) { d.hello(""); }, "no device name");
  refused([](raw_device& d) { d.hello("gw\n9"); }, "a device name with control characters");
  refused(
      [](raw_device& d) {
        d.hello("gw-9");
        d.hello("gw-9");
      },
      "a second hello");
  refused(
      [](raw_device& d) {
        d.hello("gw-9");
        d.say(wire::welcome{});
      },
      "a message that only a cloud sends");
  refused(
      [](raw_device& d) {
        wire::hello h;
        h.version = 2;
        h.device = "gw-9";
        d.say(h);
      },
      "unknown protocol version");
}

// --- what a cloud says --------------------------------------------------------------------------

// What the lying cloud shares with the test.
struct lies {
  std::mutex mutex;
  std::condition_variable changed;
  std::mt19937_64 random{17};
  std::size_t links = 0;
};

/// Speaks as a cloud to one edge, but one message of each link is damaged; then it hangs up.
struct liar : adapter<liar>, connection_handler<liar>, message_handler<liar> {
  explicit liar(lies& to) : shared(&to) {}

  admission on_connecting(context&, handshake& h) {
    h.subprotocol = "hawser.v1.cbor";
    return admission::go();
  }
  void on_open(context&, const open_info&) {
    const std::lock_guard guard(shared->mutex);
    lie_at = shared->random() % 5;
  }
  void on_drop(context&, const drop_info&) {
    const std::lock_guard guard(shared->mutex);
    ++shared->links;
    shared->changed.notify_all();
  }
  verdict on_message(context& c, const inbound& m) {
    wire::decode_error e;
    const auto said = wire::decode(m.data, e);
    EXPECT_TRUE(said) << e.what;
    if (!said) return handled;
    if (std::holds_alternative<wire::hello>(*said)) {
      answer(c, 0, wire::welcome{1, 0, 64 * 1024, 0, 0, 30'000, 0});
    } else if (const auto* r = std::get_if<wire::resume>(&*said)) {
      const auto hash = make_sha256();
      wire::resumed out;
      for (const auto& p : r->streams) {
        out.streams.push_back({p.sid,
                               {0, chain_origin(*hash, {"gw-7", p.governor, p.epoch})},
                               wire::resume_status::new_stream});
      }
      answer(c, 1, out);
    } else if (const auto* b = std::get_if<wire::receipts>(&*said)) {
      if (lie_at == 3)
        answer(c, 3, wire::nack{b->sid, b->first_seq, wire::nack_code::busy, 1, "x"});
      if (lie_at == 4) answer(c, 4, wire::goodbye{1001, 10, true});
      answer(c, 2, wire::ack{{{b->sid, b->first_seq + b->rows.size() - 1}}, 0, 0});
    }
    return handled;
  }
  template <class Message>
  void answer(context& c, std::size_t number, const Message& m) {
    if (over) return;
    bytes out = encoded(m);
    if (number == lie_at) {
      const std::lock_guard guard(shared->mutex);
      out = damaged(std::move(out), shared->random);
      over = true;
    }
    const auto r = c.send(bytes_view(out), lane::control);
    if (!r) {
      EXPECT_EQ(r.error(), errc::not_connected) << "the test is over: the acceptor stops";
    }
    if (over) c.close(close_code::normal, "enough");
  }

  lies* shared;
  std::size_t lie_at = 0;
  bool over = false;
};

// A lie may be believed: what the real ledger does not have is sent again from the retention tail.
TEST_F(hostile_wire, an_edge_outlives_what_a_damaged_cloud_says_and_loses_nothing) {
  lies told;
  const auto loop = std::make_shared<io::loop>();
  io::acceptor acceptor(loop, {},
                        [&](io::peer_handle) { return std::make_unique<chain<liar>>(liar(told)); });
  const std::uint16_t lying_port = acceptor.listen().value();
  std::thread thread([&] { loop->run(); });
  aim(lying_port);
  edge_opts.slow_retry = 1ms;  // A cloud that takes nothing is left alone for longer and longer.
  start_edge();
  feed("a", 50);
  feed("b", 50);
  {
    std::unique_lock lock(told.mutex);
    EXPECT_TRUE(told.changed.wait_for(lock, patience, [&] { return told.links >= 100; }))
        << edge_log->all();
  }
  EXPECT_GT(edge_log->count("the cloud broke the protocol: "), 20U);
  acceptor.stop([&] { loop->stop(); });
  thread.join();
  start_cloud();
  ask(test::set_quota("c"));
  feed("a", 1);
  feed("b", 1);
  drain();
  expect_whole_ledger();
}

}  // namespace hostile_wire_test
}  // namespace hawser
