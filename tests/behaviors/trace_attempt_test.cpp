// An attempt is told of when it begins, as it will be sent.
#include <hawser/behaviors/trace.hpp>

#include "support/bench_link.hpp"
#include "support/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace trace_attempt_test {

using namespace hawser;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct doorman : behavior<doorman, on::connecting> {
  admission says = admission::go();
  bool throws = false;
  admission on_connecting(context&, handshake& h) {
    if (throws) throw std::runtime_error("no");
    h.headers.push_back({"X-Token", "s3cr3t"});
    h.headers.push_back({"X-Door", "open"});
    return says;
  }
};

template <class... Plugins>
struct fixture : test::bench_link<Plugins...> {
  fixture(Plugins... p) : test::bench_link<Plugins...>(std::move(p)...) { this->sink = &lines; }
  void connect(unsigned attempt = 6) {
    handshake h{.attempt = attempt, .target = "/"};
    this->at([&](context& c) { (void)this->plugins.connecting(c, h); });
  }
  test::line_sink lines{log_level::info};
};

using door = fixture<trace, doorman>;

constexpr auto told = "connecting attempt=6 target=/ X-Token=*** X-Door=open";

TEST(trace_attempt, that_is_put_off_is_told_of_when_it_begins) {
  door f{{}, {}};
  auto& says = f.plugins.get<doorman>().says;
  says = admission::wait_until(f.now + std::chrono::seconds(60));
  for (int i = 0; i < 3; ++i) f.connect();
  EXPECT_THAT(f.lines.lines, IsEmpty());
  says = admission::go();
  f.connect();
  EXPECT_THAT(f.lines.lines, ElementsAre(told));
}

TEST(trace_attempt, that_is_refused_or_thrown_out_is_none) {
  door f{{}, {}};
  f.plugins.get<doorman>().says = admission::refuse(errc::unavailable);
  f.connect();
  EXPECT_THAT(f.lines.lines, IsEmpty());
  f.plugins.get<doorman>().throws = true;
  f.connect();
  EXPECT_THAT(f.lines.lines, IsEmpty());
}

TEST(trace_attempt, that_a_plug_in_ahead_puts_off_is_none) {
  fixture<doorman, trace> f{{}, {}};
  f.connect();
  EXPECT_THAT(f.lines.lines, ElementsAre(told));
  f.plugins.get<doorman>().says = admission::wait_until(f.now + std::chrono::seconds(60));
  f.connect();
  EXPECT_EQ(f.lines.lines.size(), 1u);
}

TEST(trace_attempt, is_not_told_of_while_the_trace_is_off_or_looks_elsewhere) {
  for (const char* spec : {"off", "auto hooks=message", "auto plugins=ticker", "on level=warn"}) {
    door f{{}, {}};
    ASSERT_EQ(words_of(f.plugins.get<trace>().control()->set(spec)), "");
    f.connect();
    EXPECT_THAT(f.lines.lines, IsEmpty()) << spec;
    ASSERT_TRUE(f.plugins.get<trace>().control()->set("auto"));
    f.connect();
    EXPECT_THAT(f.lines.lines, ElementsAre(told)) << spec;
  }
}

TEST(trace_attempt, is_told_of_by_a_trace_that_is_on_whatever_the_log_wants) {
  door f{{}, {}};
  test::line_sink errors(log_level::error);
  f.sink = &errors;
  ASSERT_EQ(words_of(f.plugins.get<trace>().control()->set("on level=info")), "");
  f.connect();
  EXPECT_THAT(errors.lines, Contains(told));
}

}  // namespace trace_attempt_test
