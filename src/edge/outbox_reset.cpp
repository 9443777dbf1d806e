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
  const auto record = [&]() -> result<void> {
    if (auto r = begin(); !r) return r;
    const auto opened = store_->open_stream(device_stream);
    if (!opened) return opened.error();
    entry device;
    device.sid = opened->sid;
    device.name = device_stream;
    device.last = opened->last;
    names_[device.sid] = stream_name(device_stream);
    governor::step s{"", "reset", "reset", "outbox_moved_aside", {}};
    const auto add = [&](const stored_stream* lost) {
      s.metadata = {{"path", old.path}, {"why", old.why}};
      if (old.epoch) s.metadata.emplace_back("epoch", std::to_string(*old.epoch));
      if (lost != nullptr) {
        s.metadata.emplace_back("stream", stream_name(lost->key.governor));
        s.metadata.emplace_back("seq", std::to_string(lost->last.seq));
        s.metadata.emplace_back("head", to_hex(lost->last.hash));
      }
      auto done = append(device, s, {}, governor::cause::event);
      s.from = s.to;
      return done;
    };
    if (old.streams.empty()) {
      if (auto r = add(nullptr); !r) return r;
    }
    for (const stored_stream& lost : old.streams) {
      const auto r = add(&lost);
      if (!r && r.error() != errc::outbox_full) return r;
      if (!r) {
        log(log_level::error, "outbox: no room to name every head of " + old.path);
        break;
      }
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
