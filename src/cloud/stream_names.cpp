#include "cloud/stream_names.hpp"

#include <algorithm>
#include <utility>

namespace hawser {
namespace {

// Whether one more is too many, in words that name the option.
bool exceeds(const stream_names::bounds& b, std::size_t streams, std::size_t length,
             const std::string& whose, std::string& why) {
  if (streams > b.streams) {
    why = "more than " + std::to_string(b.streams) + " streams of one " + whose +
          " (the cloud's option streams)";
  } else if (length > b.bytes) {
    why = "more than " + std::to_string(b.bytes) + " bytes of names of the streams of one " +
          whose + " (the cloud's option name_bytes)";
  } else {
    return false;
  }
  return true;
}

}  // namespace

stream_names::stream* stream_names::take(const stream_key& key, std::string& why) {
  const auto [at, fresh] = devices_.try_emplace(key.device);
  device& d = at->second;
  name n(key.governor, key.epoch);
  if (const auto known = d.streams.find(n); known != d.streams.end()) {
    ++known->second.links;
    return &known->second;
  }
  const std::size_t length = d.bytes + key.governor.size();
  const bounds both{2 * bounds_.streams, 2 * bounds_.bytes};
  if (exceeds(both, d.streams.size() + 1, length, "device", why)) {
    if (fresh) devices_.erase(at);
    return nullptr;
  }
  d.bytes = length;
  const auto added = d.streams.emplace(std::move(n), stream{&at->first, nullptr, 0, 1}).first;
  added->second.name = &added->first;
  return &added->second;
}

void stream_names::give_back(stream& s) {
  if (--s.links != 0) return;
  const auto at = devices_.find(*s.device);
  device& d = at->second;
  d.bytes -= s.name->first.size();
  d.streams.erase(d.streams.find(*s.name));
  if (d.streams.empty()) devices_.erase(at);
}

link_streams::naming link_streams::resume(const stream_key& key, std::uint32_t sid,
                                          std::uint64_t first_unacked, const stream_head& last,
                                          std::string& why) {
  auto at = by_sid_.find(sid);
  if (at != by_sid_.end()) {
    if (at->second.stream->key() != key) return naming::conflict;
  } else {
    const std::size_t length = bytes_ + key.governor.size();
    if (exceeds(all_->limits(), by_sid_.size() + 1, length, "link", why)) return naming::refused;
    stream_names::stream* const s = all_->take(key, why);
    if (s == nullptr) return naming::refused;
    bytes_ = length;
    at = by_sid_.emplace(sid, entry{s}).first;
  }
  entry& e = at->second;
  e.stream->owner = link_;
  e.first_unacked = first_unacked;
  e.last = last;
  if (!std::exchange(e.asked, true)) questions_.emplace_back(message_, sid);
  return naming::taken;
}

const stream_names::stream* link_streams::find(std::uint32_t sid) const {
  const auto at = by_sid_.find(sid);
  return at == by_sid_.end() ? nullptr : at->second.stream;
}

bool link_streams::alarm(std::uint32_t sid) {
  const auto at = by_sid_.find(sid);
  return at != by_sid_.end() && !std::exchange(at->second.alarmed, true);
}

std::vector<link_streams::question> link_streams::next_questions() {
  std::vector<question> out;
  const std::uint64_t message = questions_.empty() ? 0 : questions_.front().first;
  while (!questions_.empty() && questions_.front().first == message) {
    const std::uint32_t sid = questions_.front().second;
    entry& e = by_sid_.find(sid)->second;
    out.push_back({sid, e.stream, e.first_unacked, e.last});
    e.asked = false;
    questions_.pop_front();
  }
  return out;
}

void link_streams::clear() {
  for (auto& [sid, e] : by_sid_) {
    if (owns(*e.stream)) e.stream->owner = 0;
    all_->give_back(*e.stream);
  }
  // What a flood took is given back now, not when the link's last byte is out.
  by_sid_ = {};
  questions_ = {};
  bytes_ = 0;
}

}  // namespace hawser
