#include "crash/campaign/upgrade.hpp"

#include <hawser/store/sqlite.hpp>

#include "crash/campaign/site.hpp"
#include "crash/campaign/version_1.hpp"

#include <algorithm>

namespace hawser::crash {
namespace {

// While its cloud writes: whoever reads more than the streams may find one that came meanwhile.
bool has_receipts(const std::string& ledger) {
  const auto archive = open_ledger_archive(ledger);
  if (!archive) return false;
  const auto streams = (*archive)->streams();
  return streams && std::ranges::any_of(*streams, [](const auto& s) { return s.last.seq > 0; });
}

}  // namespace

verdict run_upgrade(const upgrade_options& o, const std::string& folder) {
  chance decide(o.seed);
  site s(folder, o.seed, 1, 3);
  fed_edge& e = s.edges()[0];
  s.start_all();
  while (!has_receipts(s.ledger())) s.run_for(milliseconds(20));
  s.kill_cloud();
  const auto seen = e.feed.answered();
  while (e.feed.answered() < seen + 50) s.run_for(milliseconds(20));
  s.kill_edge(0);
  make_version_1(e.store);
  make_version_1(s.ledger());
  for (int i = 0; i < o.kills; ++i) {
    s.start_all();
    // Young, from before they open their files to after their first answers.
    s.run_for(milliseconds(static_cast<std::int64_t>(decide.below(60))));
    s.found().tried += s.kill_edge(0);
    s.found().tried += s.kill_cloud();
  }
  if (s.settle()) s.prove();
  for (const std::string& file : {e.store, s.ledger()}) {
    if (version_of(file) == 1) s.found().find(&verdict::broken, file + " was not upgraded");
  }
  return s.found();
}

}  // namespace hawser::crash
