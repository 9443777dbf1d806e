#include <hawser/core/text/json_writer.hpp>

#include "cli/commands.hpp"
#include "cli/demo/director.hpp"
#include "cli/printer.hpp"
#include "cli/signals.hpp"

#include <chrono>
#include <cstdio>
#include <unistd.h>

namespace hawser::cli {
namespace {

struct kill_count {
  std::uint64_t all = 0;
  std::uint64_t in_flight = 0;
};

kill_count count_kills(const demo_report& r) {
  kill_count k;
  for (const blow& b : r.blows) {
    if (!b.kill) continue;
    ++k.all;
    if (b.in_flight > 0) ++k.in_flight;
  }
  return k;
}

template <class... Args>
void print(std::string& to, const char* format, Args... args) {
  char line[128];
  std::snprintf(line, sizeof line, format, args...);
  to += line;
}

std::string to_table(const demo_report& r) {
  std::string out;
  print(out, "%8s  %-28s %s\n", "seconds", "blow", "receipts in flight");
  for (const blow& b : r.blows) {
    print(out, "%8.2f  %-28s %llu\n", b.at, b.what.c_str(),
          static_cast<unsigned long long>(b.in_flight));
  }
  const kill_count k = count_kills(r);
  const struct {
    const char* name;
    std::uint64_t value;
  } rows[] = {{"events answered as done", r.proof.answered},
              {"receipts in the ledger", r.proof.ledger},
              {"of them unprompted", r.proof.unprompted},
              {"lost", r.proof.lost},
              {"duplicated", r.proof.duplicated},
              {"out of order", r.proof.out_of_order},
              {"streams with a broken link", r.proof.broken},
              {"cuts", r.blows.size() - k.all},
              {"kills", k.all},
              {"kills with receipts in flight", k.in_flight}};
  out += '\n';
  for (const auto& row : rows) {
    print(out, "%-32s %llu\n", row.name, static_cast<unsigned long long>(row.value));
  }
  print(out, "%-32s %.1f", "seconds", r.seconds);
  return out;
}

std::string to_line(const demo_report& r) {
  const kill_count k = count_kills(r);
  std::string out;
  json_writer w(out);
  w.begin_object().key("answered").unsigned_int(r.proof.answered);
  w.key("ledger").unsigned_int(r.proof.ledger).key("unprompted").unsigned_int(r.proof.unprompted);
  w.key("lost").unsigned_int(r.proof.lost).key("duplicated").unsigned_int(r.proof.duplicated);
  w.key("out_of_order")
      .unsigned_int(r.proof.out_of_order)
      .key("broken")
      .unsigned_int(r.proof.broken);
  w.key("cuts").unsigned_int(r.blows.size() - k.all).key("kills").unsigned_int(k.all);
  w.key("kills_in_flight").unsigned_int(k.in_flight);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.1f", r.seconds);
  w.key("seconds").raw(seconds).end_object();
  return out;
}

int run(const demo_options& o, bool json) {
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto progress = [&](std::uint64_t done, std::uint64_t of) {
    if (!terminal) return;
    say("\r" + std::to_string(std::min(done, of)) + " of " + std::to_string(of) +
        " receipts in the ledger ");
  };
  std::atomic<bool> over{false};
  printer out(STDOUT_FILENO, 1, [] {});
  const termination end([&] {
    over = true;
    out.give_up_at(std::chrono::steady_clock::now() + printer::last_words);
  });
  const demo_report r = run_demo(o, progress, over);
  if (terminal) say("\n");
  out.answer(json ? to_line(r) : to_table(r), [] {});
  if (!out.finish()) return complain(out.complaint());
  if (!r.trouble.empty()) return complain(r.trouble);
  return r.proof.holds() && r.proof.answered == o.receipts ? 0
                                                           : complain("the proof does not hold");
}

}  // namespace

void add_demo(CLI::App& app, action& run_action) {
  auto o = std::make_shared<demo_options>();
  auto json = std::make_shared<bool>(false);
  auto* sub = app.add_subcommand(
      "demo",
      "cut the links and kill the processes of a small system, then prove that nothing is lost");
  sub->add_option("--devices", o->devices)->check(CLI::Range(1, 64))->capture_default_str();
  sub->add_option("--receipts", o->receipts, "events to be fed in all")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  sub->add_option("--cuts", o->cuts)->check(CLI::Range(0, 1000))->capture_default_str();
  sub->add_option("--kills", o->kills)->check(CLI::Range(0, 1000))->capture_default_str();
  sub->add_option("--seed", o->seed)->capture_default_str();
  sub->add_flag("--json", *json, "end with one line of JSON instead of a table");
  sub->callback([o, json, &run_action] { run_action = [o, json] { return run(*o, *json); }; });
}

}  // namespace hawser::cli
