#include "crash/campaign/upgrade.hpp"

#include "crash/campaign/site.hpp"
#include "crash/campaign/version_1.hpp"

namespace hawser::crash {

verdict run_upgrade(const upgrade_options& o, const std::string& folder) {
  chance decide(o.seed);
  site s(folder, o.seed, 1, 3);
  fed_edge& e = s.edges()[0];
  s.start_edge(0);
  while (e.feed.answered() < 50) s.run_for(milliseconds(20));
  s.kill_edge(0);
  make_version_1(e.store);
  for (int i = 0; i < o.kills; ++i) {
    s.start_edge(0);
    // Young, from before it opens the file to after its first answers.
    s.run_for(milliseconds(static_cast<std::int64_t>(decide.below(60))));
    s.found().tried += s.kill_edge(0);
  }
  if (s.settle()) s.prove();
  if (version_of(e.store) == 1) s.found().find(&verdict::broken, "it was not upgraded");
  return s.found();
}

}  // namespace hawser::crash
