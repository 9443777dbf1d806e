#include "crash/campaign/feeder.hpp"

#include <algorithm>

namespace hawser::crash {

feeder::feeder(const std::string& device, std::uint64_t seed, int quotas)
    : device_(device), chance_(seed) {
  for (int i = 0; i < quotas; ++i) ids_.push_back("t" + std::to_string(i) + "/api");
}

std::vector<std::string> feeder::ids() const { return ids_; }

// The first events configure the quotas: their windows are so long that no timer fires.
std::size_t feeder::make() {
  const std::size_t n = events_.size();
  fed_event e;
  e.id = ids_[n < ids_.size() ? n : chance_.below(ids_.size())];
  e.key = device_ + "-" + std::to_string(n);
  if (n < ids_.size()) {
    e.name = "set_quota";
  } else if (chance_.percent(5)) {
    e.name = "set_limits";
  } else {
    e.name = "record_usage";
    e.amount = 1 + static_cast<std::int64_t>(chance_.below(9));
  }
  events_.push_back(std::move(e));
  return n;
}

std::string feeder::ask(std::size_t event) {
  fed_event& e = events_[event];
  if (e.is == fed_event::delivery::open) {
    e.last_asked = ++asked_;
    if (e.first_asked == 0) e.first_asked = asked_;
    if (e.asked_at == 0) e.asked_at = asked_;
  }
  flight_.push_back(event);
  std::string line = R"({"governor":"quota","id":")" + e.id + R"(","event":")" + e.name +
                     R"(","key":")" + e.key + '"';
  if (e.name == "set_quota") {
    line += R"(,"metric":"calls","limit":1000000000,"window_minutes":500000)";
  } else if (e.name == "set_limits") {
    line += R"(,"limit":1000000000,"burst":1)";
  } else {
    line += R"(,"metric":"calls","amount":)" + std::to_string(e.amount);
  }
  return line + '}';
}

std::optional<std::string> feeder::next() {
  if (!again_.empty()) {
    const std::size_t event = again_.front();
    again_.pop_front();
    return ask(event);
  }
  if (finished_) return std::nullopt;
  // What was done long ago and is asked once more must be answered as it was.
  if (!events_.empty() && chance_.percent(2)) {
    const std::size_t event = chance_.below(events_.size());
    if (events_[event].is == fed_event::delivery::done) return ask(event);
  }
  return ask(make());
}

void feeder::take(std::string_view line) {
  if (flight_.empty()) {
    surprises_.push_back("an answer to nothing: " + std::string(line));
    return;
  }
  const std::size_t event = flight_.front();
  flight_.pop_front();
  fed_event& e = events_[event];
  const std::string error = field(line, "error");
  const bool repeated = line.find(R"("repeated":true)") != std::string_view::npos;
  if (line.starts_with(R"({"ok":true)")) {
    const std::string seq = field(line, "seq");
    const std::uint64_t number = seq.empty() ? 0 : std::stoull(seq);
    const bool known = e.is == fed_event::delivery::done;
    if (number == 0 || (known && (!repeated || number != e.seq))) return surprise(e, line);
    if (line.find(R"("differs":true)") != std::string_view::npos) return surprise(e, line);
    if (known) return;
    // A life that nobody heard of may have applied it when it was asked first; but not at once.
    if (repeated && e.first_asked == e.last_asked) return surprise(e, line);
    if (!repeated) e.first_asked = e.last_asked;
    e.seq = number;
    e.is = fed_event::delivery::done;
    ++answered_;
  } else if (e.is == fed_event::delivery::done) {
    if (error != "store_failed" && error != "in_doubt") surprise(e, line);
  } else if (error == "in_doubt") {
    again_.push_back(event);
  } else if (error == "invalid_event" && waits_for_its_quota(e)) {
    if (e.first_asked == e.last_asked) e.first_asked = 0;
    again_.push_back(event);
  } else if (error == "store_failed") {
    // It did nothing, so it is new if it is asked again; unless an ask before may have done it.
    const bool open_before = e.first_asked != e.last_asked;
    if (!open_before) e.first_asked = 0;
    if (open_before || event < ids_.size() || chance_.percent(repeats_failed)) {
      again_.push_back(event);
    } else {
      e.is = fed_event::delivery::not_done;
    }
  } else {
    surprise(e, line);
  }
}

// Whether the event that configures its quota failed, and was not asked again before it.
bool feeder::waits_for_its_quota(const fed_event& e) const {
  const auto first = std::find_if(events_.begin(), events_.end(),
                                  [&](const fed_event& f) { return f.id == e.id; });
  return first->is == fed_event::delivery::open || first->last_asked > e.last_asked;
}

void feeder::interrupted() {
  while (!flight_.empty()) {
    if (events_[flight_.back()].is == fed_event::delivery::open) again_.push_front(flight_.back());
    flight_.pop_back();
  }
}

void feeder::ask_again(const std::vector<bool>& which) {
  finish();
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (which[i]) again_.push_back(i);
  }
}

void feeder::rewind(const std::vector<bool>& answered) {
  flight_.clear();
  again_.clear();
  answered_ = 0;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (answered[i]) {
      answered_ += events_[i].is == fed_event::delivery::done;
      continue;
    }
    events_[i].first_asked = events_[i].asked_at;
    events_[i].is = fed_event::delivery::open;
    again_.push_back(i);
  }
}

void feeder::surprise(const fed_event& e, std::string_view line) {
  surprises_.push_back(e.key + " was answered " + std::string(line));
}

std::string field(std::string_view line, std::string_view name) {
  const std::string quoted = '"' + std::string(name) + "\":";
  const auto at = line.find(quoted);
  if (at == std::string_view::npos) return {};
  const auto begin = at + quoted.size();
  if (begin < line.size() && line[begin] == '"') {
    return std::string(line.substr(begin + 1, line.find('"', begin + 1) - begin - 1));
  }
  return std::string(line.substr(begin, line.find_first_of(",}", begin) - begin));
}

}  // namespace hawser::crash
