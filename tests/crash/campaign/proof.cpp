#include "crash/campaign/proof.hpp"

#include <hawser/core/receipt/receipt_json.hpp>
#include <hawser/io/crypto.hpp>
#include <hawser/store/sqlite.hpp>

#include <algorithm>

namespace hawser::crash {
namespace {

using open_archive = decltype(&open_outbox_archive);

store_view read_store(open_archive open, const std::string& path) {
  store_view out;
  const auto archive = open(path);
  if (!archive) {
    out.trouble = archive.error().detail;
    return out;
  }
  const auto bounds = (*archive)->streams();
  if (!bounds) {
    out.trouble = path + ": " + (*archive)->last_error() + " " + bounds.error().message();
    return out;
  }
  std::map<stream_key, std::size_t> at;
  for (const stored_stream& s : *bounds) {
    at[s.key] = out.chains.size();
    out.chains.push_back({s.key.device, s.key.governor, s.key.epoch, s.base.seq, s.last.seq, {}});
  }
  const auto hash = make_sha256();
  const auto found = audit(**archive, *hash, [&](const stored_stream& s, const receipt& r) {
    const std::string json = to_json(r, s.key);
    const std::string usage = field(json, "usage");
    out.chains[at.at(s.key)].receipts.push_back(
        {r.seq, r.event, r.key, usage.empty() ? -1 : std::stoll(usage)});
  });
  if (!found) {
    out.trouble = path + ": " + found.error().message();
  } else if (found->broken != 0) {
    out.trouble = path + ": " + found->first_broken->stream + " at " +
                  std::to_string(found->first_broken->seq) + ": " + found->first_broken->what;
  }
  return out;
}

// What is proved of the chains of one device.
class device_proof {
 public:
  device_proof(const std::string& what, const expectation& expected, verdict& out)
      : what_(what), expected_(expected), out_(out) {
    for (std::size_t i = 0; i < expected.events.size(); ++i) by_key_[expected.events[i].key] = i;
    times_.resize(expected.events.size());
  }

  void look_at(const stored_chain& chain) {
    const std::string name = what_ + ", " + chain.device + "/" + chain.governor;
    if (!epochs_.try_emplace(chain.governor, chain.epoch).second) {
      out_.find(&verdict::broken, name + ": has more than one epoch");
    }
    if (chain.receipts.size() != chain.last - chain.base) {
      out_.find(&verdict::broken, name + ": its head says " + std::to_string(chain.last) +
                                      " receipts, it has " + std::to_string(chain.receipts.size()));
    }
    std::uint64_t seq = chain.base;
    std::uint64_t asked = 0;
    std::int64_t usage = 0;
    for (const stored_receipt& r : chain.receipts) {
      const std::string where = name + " at " + std::to_string(r.seq) + " (" + r.key + ")";
      if (r.seq != ++seq) out_.find(&verdict::broken, where + ": a hole before it");
      if (r.seq == 1 && r.event == "start" && r.key.empty()) continue;  // of every governor
      const auto known = by_key_.find(r.key);
      if (known == by_key_.end()) {
        out_.find(&verdict::invented, where + ": nobody asked for " + r.event);
        continue;
      }
      const fed_event& e = expected_.events[known->second];
      look_at(e, r, chain, where);
      if (++times_[known->second] == 2) out_.find(&verdict::doubled, where);
      if (e.last_asked < asked) {
        out_.find(&verdict::reordered, where + ": behind what was asked later");
      }
      asked = std::max(asked, e.first_asked);
      usage += e.amount;
      if (chain.base == 0 && e.name == "record_usage" && r.usage != usage) {
        out_.find(&verdict::broken, where + ": usage " + std::to_string(r.usage) + " instead of " +
                                        std::to_string(usage));
      }
    }
  }

  /// After all its chains.
  void look_for_the_lost() {
    for (std::size_t i = 0; i < times_.size(); ++i) {
      const fed_event& e = expected_.events[i];
      const bool due = expected_.due.empty() ? e.is == fed_event::delivery::done : expected_.due[i];
      if (due && times_[i] == 0) {
        out_.find(&verdict::lost, what_ + ": " + e.key + " of " + e.id + ", answered with " +
                                      std::to_string(e.seq));
      }
    }
  }

 private:
  void look_at(const fed_event& e, const stored_receipt& r, const stored_chain& chain,
               const std::string& where) {
    if (chain.governor != "quota/" + e.id || r.event != e.name) {
      out_.find(&verdict::broken, where + ": is another event than was asked");
    }
    if (e.asked_at == 0) out_.find(&verdict::invented, where + ": was not asked yet");
    if (e.is == fed_event::delivery::not_done) {
      out_.find(&verdict::invented, where + ": was answered store_failed");
    }
    if (e.is == fed_event::delivery::open && !expected_.open_may_be_there) {
      out_.find(&verdict::invented, where + ": was never answered");
    }
    if (e.is == fed_event::delivery::done && r.seq != e.seq) {
      out_.find(&verdict::reordered, where + ": was answered with " + std::to_string(e.seq));
    }
  }

  const std::string& what_;
  const expectation& expected_;
  verdict& out_;
  std::map<std::string, std::size_t> by_key_;
  std::vector<int> times_;
  std::map<std::string, std::uint64_t> epochs_;  // by governor
};

}  // namespace

store_view read_ledger(const std::string& path) { return read_store(open_ledger_archive, path); }
store_view read_outbox(const std::string& path) { return read_store(open_outbox_archive, path); }

verdict prove(const std::string& what, const store_view& store,
              const std::map<std::string, expectation>& devices) {
  verdict out;
  if (!store.trouble.empty()) out.find(&verdict::broken, what + ": " + store.trouble);
  std::map<std::string, device_proof> proofs;
  for (const auto& [name, expected] : devices) {
    proofs.try_emplace(name, what, expected, out);
  }
  for (const stored_chain& chain : store.chains) {
    const auto it = proofs.find(chain.device);
    if (it == proofs.end()) {
      out.find(&verdict::invented, what + ": a device that was not fed: " + chain.device);
    } else {
      it->second.look_at(chain);
    }
  }
  for (auto& [name, proof] : proofs) proof.look_for_the_lost();
  return out;
}

}  // namespace hawser::crash
