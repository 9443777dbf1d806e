// hawser ledger|outbox verify|dump FILE
#include <hawser/core/receipt/receipt_json.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/core/text/text.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include "cli/commands.hpp"
#include "cli/named_files.hpp"

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

namespace hawser::cli {
namespace {

using open_archive = decltype(&open_outbox_archive);

std::string summary(const audit_result& r) {
  std::string out;
  json_writer w(out);
  w.begin_object().key("streams").unsigned_int(r.streams).key("receipts").unsigned_int(r.receipts);
  w.key("broken").unsigned_int(r.broken).key("first_broken");
  if (r.first_broken) {
    w.begin_object().key("stream").text(r.first_broken->stream);
    w.key("seq").unsigned_int(r.first_broken->seq).key("what").text(r.first_broken->what);
    if (!r.first_broken->stream.empty()) write_names(w, r.first_broken->key);
    w.end_object();
  } else {
    w.null();
  }
  w.end_object();
  return out;
}

// One line for each break, also of those that the summary has only a number for.
void tell_breaks(const std::string& path, const audit_result& r) {
  for (const breakage& b : r.breaks) {
    std::string line = path + ": broken: ";
    if (!b.stream.empty()) {
      append_escaped(line, b.stream);
      line += b.seq == 0 ? ": " : ": receipt " + std::to_string(b.seq) + ": ";
    }
    const bool named = b.what.starts_with(path + ": ");  // What the store says of itself does.
    append_escaped(line, std::string_view(b.what).substr(named ? path.size() + 2 : 0));
    complain(line);
  }
  if (r.broken > r.breaks.size()) {
    complain(path + ": broken: and " + std::to_string(r.broken - r.breaks.size()) + " more");
  }
}

// Nothing is broken by it, as after a power cut that tore the last transaction.
void tell_missing(receipt_archive& archive) {
  if (const auto missing = archive.missing(); missing && !missing->empty()) {
    complain("warning: " + *missing);
  }
}

// A file that cannot even be opened: damaged, or else none that can be used as what it is to be.
int unopened(const error_info& why, bool dump) {
  if (why.code != store_errc::corrupt) return complain(why.detail, wrong_usage);
  if (!dump) {
    audit_result r;
    r.broken = 1;
    r.first_broken = breakage{"", 0, why.detail};
    std::cout << summary(r) << std::endl;
  }
  return complain(why.detail);
}

constexpr int in_use = 3;  // the exit code
constexpr int most_looks = 20;
constexpr std::chrono::milliseconds between_looks{50};

// One look. nullopt: the owner came or went, and nothing was shown yet. Nothing that is not
// verified is shown, so a dump that ends with 0 is the whole truth.
std::optional<int> look(open_archive open, const std::string& path, bool dump) {
  const auto archive = open(path);
  if (!archive && archive.error().code == archive_in_use()) return std::nullopt;
  if (!archive) return unopened(archive.error(), dump);
  const auto hash = make_sha256();
  bool shown = false;
  const auto show = [&](const stored_stream& s, const receipt& r, const chained_receipt& row) {
    shown = true;
    std::cout << to_json(r, s.key, row.clock_ahead) << '\n';
  };
  const auto found = dump ? audit_rows(**archive, *hash, show) : audit_rows(**archive, *hash, {});
  if (!found && found.error() == archive_in_use() && !shown) return std::nullopt;
  if (!found) {
    return complain(path + ": " + found.error().message(),
                    found.error() == archive_in_use() ? in_use : 1);
  }
  if (!dump) std::cout << summary(*found) << '\n';
  std::cout.flush();
  tell_breaks(path, *found);
  if (found->broken == 0) tell_missing(**archive);
  if (!std::cout) return complain("standard output failed");
  return found->broken == 0 ? 0 : 1;
}

int inspect(open_archive open, const std::string& path, bool dump) {
  for (int n = 1; n <= most_looks; ++n) {
    if (const auto code = look(open, path, dump)) return *code;
    std::this_thread::sleep_for(between_looks);
  }
  return complain(path + ": is in use: its owner was starting or stopping each time; try again",
                  in_use);
}

void add_archive(CLI::App& app, const std::string& name, const std::string& what, open_archive open,
                 action& run) {
  auto* sub = app.add_subcommand(name, what);
  sub->require_subcommand(1);
  for (const bool dump : {false, true}) {
    auto path = std::make_shared<std::string>();
    auto* verb =
        sub->add_subcommand(dump ? "dump" : "verify",
                            dump ? "print every receipt as NDJSON, up to the first broken link"
                                 : "walk every link and name the first broken one");
    verb->add_option("file", *path, "the SQLite file; only read, also while its owner runs")
        ->required()
        ->check(open == open_ledger_archive ? ledger_archive : outbox_archive);
    verb->callback([=, &run] { run = [=] { return inspect(open, *path, dump); }; });
  }
}

}  // namespace

void add_archives(CLI::App& app, action& run) {
  add_archive(app, "ledger", "look into a cloud's ledger", open_ledger_archive, run);
  add_archive(app, "outbox", "look into an edge's outbox", open_outbox_archive, run);
}

}  // namespace hawser::cli
