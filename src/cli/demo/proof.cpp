#include "cli/demo/proof.hpp"

#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include <stdexcept>
#include <unordered_map>

namespace hawser::cli {

demo_proof prove(const std::string& ledger, const std::vector<const feeder*>& feeders) {
  const auto archive = open_ledger_archive(ledger);
  if (!archive) throw std::runtime_error(archive.error().detail);
  struct place {
    std::uint64_t count = 0;
    std::uint64_t seq = 0;
    std::string stream;
  };
  std::unordered_map<std::string, place> found;  // by key; a key names its device
  demo_proof p;
  const auto hash = make_sha256();
  const auto audited = audit(**archive, *hash, [&](const stored_stream& s, const receipt& r) {
    ++p.ledger;
    if (r.key.empty()) {
      ++p.unprompted;
      return;
    }
    place& at = found[r.key];
    if (++at.count > 1) ++p.duplicated;
    at.seq = r.seq;
    at.stream = s.key.device + "/" + s.key.governor;
  });
  if (!audited) throw std::runtime_error(ledger + ": " + audited.error().message());
  p.broken = audited->broken;
  for (const feeder* f : feeders) {
    std::unordered_map<std::string, std::uint64_t> last;  // by stream
    for (const answered_event& e : f->record()) {
      ++p.answered;
      const auto it = found.find(e.key);
      if (it == found.end() || it->second.stream != e.stream) {
        ++p.lost;
        continue;
      }
      std::uint64_t& before = last[e.stream];
      if (it->second.seq <= before) ++p.out_of_order;
      before = it->second.seq;
    }
  }
  return p;
}

}  // namespace hawser::cli
