// What became of an outbox that was damaged, as receipts.
#include "edge/governor_host.hpp"

namespace hawser {
namespace {

// The stream of the device itself. No governor has this name: theirs are kind/id.
constexpr const char* device_stream = "device";

std::string to_hex(const digest& d) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : d) {
    out += digits[std::to_integer<std::size_t>(b) >> 4];
    out += digits[std::to_integer<std::size_t>(b) & 15];
  }
  return out;
}

}  // namespace

result<void> governor_host::record_reset(const moved_outbox& old, std::string& error) {
  governor::fields of_file{{"path", old.path}, {"why", old.why}};
  if (old.epoch) of_file.emplace_back("epoch", std::to_string(*old.epoch));
  std::vector<governor::fields> all;
  for (const stored_stream& lost : old.streams) {
    all.push_back(of_file);
    all.back().emplace_back("stream", stream_name(lost.key.governor));
    all.back().emplace_back("seq", std::to_string(lost.last.seq));
    all.back().emplace_back("head", to_hex(lost.last.hash));
  }
  if (all.empty()) all.push_back(std::move(of_file));
  return record_resets("outbox_moved_aside", all, error);
}

result<void> governor_host::record_reset(const lost_outbox& old, std::string& error) {
  governor::fields of_file{{"why", old.why}};
  if (old.epoch) of_file.emplace_back("epoch", std::to_string(*old.epoch));
  return record_resets("new_store", {std::move(of_file)}, error);
}

result<void> governor_host::record_resets(const std::string& reason,
                                          const std::vector<governor::fields>& all,
                                          std::string& error) {
  const auto record = [&]() -> result<void> {
    if (auto r = begin(); !r) return r;
    const auto opened = store_->open_stream(device_stream);
    if (!opened) return opened.error();
    entry device;
    device.sid = opened->sid;
    device.name = device_stream;
    device.last = opened->last;
    names_[device.sid] = stream_name(device_stream);
    governor::step s{"", "reset", "reset", reason, {}};
    for (const governor::fields& of_one : all) {
      s.metadata = of_one;
      const auto r = append(device, s, {}, governor::cause::event);
      if (!r && (r.error() != store_errc::full || &of_one == all.data())) return r;
      if (!r) {
        log(log_level::error, "outbox: no room to name every head of the one before");
        break;
      }
      s.from = s.to;
    }
    return commit();
  };
  const auto done = record();
  if (!done) {
    rollback();
    error = "the reset of the outbox could not be recorded: " + store_->last_error();
  }
  settled(done ? error_code{} : done.error());
  return done;
}

}  // namespace hawser
