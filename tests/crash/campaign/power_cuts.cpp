#include "crash/campaign/power_cuts.hpp"

#include "crash/campaign/disk_image.hpp"
#include "crash/campaign/proof.hpp"
#include "crash/campaign/rope.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace hawser::crash {
namespace {

namespace fs = std::filesystem;

constexpr int quotas = 3;

// What was going on while the disk was watched.
struct history {
  feeder fed;
  std::vector<disk_event> events;
  std::map<std::size_t, std::size_t> answered_at;
  std::map<std::size_t, std::size_t> refused_at;
  std::vector<said> acknowledgments;
};

disk_fault failing_sync(chance& decide) {
  disk_fault f{.call = disk_call::sync, .nth = 1 + static_cast<int>(decide.below(10))};
  f.count = 1 + static_cast<int>(decide.below(3));
  f.code = SQLITE_IOERR_FSYNC;
  return f;
}

// A start may meet the disk when it fails.
void start_all(rope& r, disk& d) {
  if (r.edge_runs() && r.cloud_runs()) return;
  d.heal();
  if (!r.cloud_runs()) r.start_cloud();
  if (!r.edge_runs()) r.start_edge();
}

history watch(const cut_options& o, const std::string& folder, verdict& found) {
  chance decide(o.seed);
  disk watched;
  watched.record(folder);
  rope r(folder, &watched, &watched, &watched);
  history h{feeder("gw-0", o.seed, quotas), {}, {}, {}, {}};
  if (!r.start_cloud() || !r.start_edge()) {
    found.find(&verdict::broken, "does not start: " + r.error());
    return h;
  }
  for (int fed = 0; fed < o.events;) {
    const int count = 1 + static_cast<int>(decide.below(20));
    r.feed(h.fed, count, 1 + decide.below(16));
    fed += count;
    switch (decide.below(12)) {  // ends and begins in between: the logs go and come
      case 0:
        r.stop_edge(decide.percent(50));
        r.start_edge();
        break;
      case 1:
        r.stop_cloud();
        r.start_cloud();
        break;
      case 2:
      case 3:
        if (o.failing_syncs) watched.fail(failing_sync(decide));
        break;
      default:
        break;
    }
    start_all(r, watched);
  }
  watched.heal();
  start_all(r, watched);
  h.fed.finish();
  r.settle(h.fed);
  r.stop_edge(true);
  r.stop_cloud();
  h.events = watched.take_events();
  h.answered_at = r.answered_at();
  h.refused_at = r.refused_at();
  h.acknowledgments = r.acknowledgments();
  found.add(r.prove(h.fed), "without a cut");
  return h;
}

// The events that were answered for good, also as not done.
std::vector<bool> settled_by(const history& h, std::size_t cut) {
  std::vector<bool> settled(h.fed.events().size());
  for (const auto& [event, at] : h.answered_at) settled[event] = at <= cut;
  for (const auto& [event, at] : h.refused_at) settled[event] = at <= cut;
  return settled;
}

// The events that must be in a store which was cut at that position of the disk.
std::vector<bool> answered_by(const history& h, std::size_t cut) {
  std::vector<bool> due(h.fed.events().size());
  for (const auto& [event, at] : h.answered_at) due[event] = at <= cut;
  return due;
}
std::vector<bool> acknowledged_by(const history& h, std::size_t cut) {
  std::map<std::string, std::uint64_t> last;
  for (const said& a : h.acknowledgments) {
    const auto space = a.text.rfind(' ');
    if (a.position <= cut) last[a.text.substr(0, space)] = std::stoull(a.text.substr(space + 1));
  }
  std::vector<bool> due;
  for (const fed_event& e : h.fed.events()) {
    const auto it = last.find("gw-0/quota/" + e.id);
    due.push_back(it != last.end() && e.seq != 0 && e.seq <= it->second);
  }
  return due;
}

bool any(const std::vector<bool>& v) { return std::find(v.begin(), v.end(), true) != v.end(); }

// One cut, opened.
class image {
 public:
  image(const history& h, std::size_t cut, std::string folder)
      : history_(h),
        folder_(std::move(folder)),
        due_(answered_by(h, cut)),
        acknowledged_(acknowledged_by(h, cut)),
        then_(h.fed) {
    then_.rewind(settled_by(h, cut));
  }

  verdict open() {
    look(folder_ + "/edge.db", read_outbox, due_);
    look(folder_ + "/ledger.db", read_ledger, acknowledged_);
    rope r(folder_, nullptr, nullptr);
    if (!r.start_edge()) return refused("the edge", r);
    ask_the_known(r);
    r.stop_edge(false);
    if (!r.start_cloud()) return refused("the cloud", r);
    r.stop_cloud();
    expect_in_place(r);
    return found_;
  }

  /// Edge and cloud go on from it, with all that was not answered.
  verdict resume() {
    feeder again = then_;
    rope r(folder_, nullptr, nullptr);
    if (!r.start_cloud()) return refused("the cloud", r);
    if (!r.start_edge()) return refused("the edge", r);
    again.finish();
    if (!r.settle(again)) found_.find(&verdict::broken, "events stay without an answer");
    if (!r.drain()) found_.find(&verdict::broken, "does not drain: " + r.logs());
    r.stop_edge(false);
    r.stop_cloud();
    found_.add(r.prove(again), "then");
    expect_in_place(r);
    return found_;
  }

 private:
  verdict refused(const std::string& who, const rope& r) {
    found_.find(&verdict::broken, who + " refuses: " + r.error());
    return found_;
  }

  void look(const std::string& path, store_view (*read)(const std::string&),
            const std::vector<bool>& due) {
    if (!any(due)) return;  // Perhaps there is not even a whole header yet.
    found_.add(crash::prove("store", read(path), {{"gw-0", {then_.events(), due, true}}}), path);
  }

  // Whatever was answered is answered again as it was, and the usage is that of the receipts.
  void ask_the_known(rope& r) {
    feeder known = history_.fed;
    known.ask_again(due_);
    if (!r.settle(known)) found_.find(&verdict::broken, "known events stay without an answer");
    for (const std::string& words : known.surprises()) found_.find(&verdict::broken, words);
    if (!any(due_)) return;
    for (const stored_chain& chain : read_outbox(folder_ + "/edge.db").chains) {
      std::int64_t usage = 0;
      for (const stored_receipt& s : chain.receipts) usage = std::max(usage, s.usage);
      const std::int64_t told = r.usage(chain.governor.substr(chain.governor.find('/') + 1));
      if (chain.receipts.size() < 2 || told == usage) continue;
      found_.find(&verdict::broken, chain.governor + ": usage " + std::to_string(told) +
                                        " instead of " + std::to_string(usage));
    }
  }

  // A power cut is no damage: nothing is moved aside for it.
  void expect_in_place(const rope& r) {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (name.find(".corrupt-") == std::string::npos) continue;
      found_.find(&verdict::broken, "was moved aside: " + name + "\n" + r.logs());
      return;
    }
  }

  const history& history_;
  std::string folder_;
  std::vector<bool> due_;
  std::vector<bool> acknowledged_;
  feeder then_;  // as it was when the power was cut
  verdict found_;
};

std::size_t first_answer(const history& h) {
  std::size_t first = h.events.size();
  for (const auto& [event, at] : h.answered_at) first = std::min(first, at);
  return first;
}

// Some at the very beginning, some where files come and go, the others anywhere.
std::vector<std::size_t> choose_cuts(const cut_options& o, const history& h, chance& decide) {
  std::vector<std::size_t> turns;
  for (std::size_t i = 0; i < h.events.size(); ++i) {
    const auto what = h.events[i].what;
    const bool turn = what != disk_event::kind::written && what != disk_event::kind::synced;
    if (turn || h.events[i].file.ends_with(".db")) turns.push_back(i);
  }
  std::vector<std::size_t> cuts;
  for (int i = 0; i < o.images; ++i) {
    const std::uint64_t dice = decide.below(10);
    if (dice < 1) {
      cuts.push_back(decide.below(std::min<std::size_t>(h.events.size(), 60)));
    } else if (dice < 4 && !turns.empty()) {
      cuts.push_back(
          std::min(h.events.size(), turns[decide.below(turns.size())] + decide.below(4)));
    } else {
      cuts.push_back(decide.below(h.events.size() + 1));
    }
  }
  for (std::size_t& cut : cuts) {
    if (!o.while_made) cut = std::max(cut, first_answer(h));
  }
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

}  // namespace

verdict run_power_cuts(const cut_options& o, const std::string& folder) {
  verdict found;
  const std::string live = folder + "/live";
  fs::create_directory(live);
  const history h = watch(o, live, found);
  if (h.events.empty() || !found.holds()) return found;
  chance decide(o.seed + 1'000'000);
  disk_image disk_now;
  std::size_t applied = 0;
  for (const std::size_t cut : choose_cuts(o, h, decide)) {
    for (; applied < cut; ++applied) disk_now.apply(h.events[applied]);
    const std::string at = folder + "/image-" + std::to_string(found.tried);
    fs::create_directory(at);
    // They may be two machines, of which only one has lost its power.
    const auto kind_of_one = [&] { return static_cast<cut_kind>(decide.below(cut_kinds)); };
    const cut_kind edge_cut = kind_of_one();
    const cut_kind cloud_cut = kind_of_one();
    disk_now.write(at, "edge.db", edge_cut, decide);
    disk_now.write(at, "ledger.db", cloud_cut, decide);
    // Made before the store, in the same folder: where the name of one is, so is that of the other.
    if (fs::exists(at + "/edge.db")) std::ofstream(at + "/edge.db-lock");
    const int n = static_cast<int>(++found.tried);
    image i(h, cut, at);
    const bool resumed = o.resumed_every > 0 && n % o.resumed_every == 0;
    const verdict one = resumed ? i.resume() : i.open();
    found.add(one, "cut at event " + std::to_string(cut) + " of " +
                       std::to_string(h.events.size()) + ", edge: " + to_string(edge_cut) +
                       ", cloud: " + to_string(cloud_cut) + (resumed ? ", resumed" : ""));
    if (one.holds()) fs::remove_all(at);  // Else it is the evidence.
  }
  found.answered = h.fed.answered();
  return found;
}

}  // namespace hawser::crash
