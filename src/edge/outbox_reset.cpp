#include "edge/outbox_reset.hpp"

namespace hawser {
namespace {

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

outbox_reset reset_of(const moved_outbox& old, const std::string& device) {
  governor::fields of_file{{"path", old.path}, {"why", old.why}};
  if (old.epoch) of_file.emplace_back("epoch", std::to_string(*old.epoch));
  outbox_reset out{"outbox_moved_aside", {}};
  for (const stored_stream& lost : old.streams) {
    out.receipts.push_back(of_file);
    governor::fields& f = out.receipts.back();
    f.emplace_back("stream", device + "/" + lost.key.governor);
    f.emplace_back("seq", std::to_string(lost.last.seq));
    f.emplace_back("head", to_hex(lost.last.hash));
  }
  if (out.receipts.empty()) out.receipts.push_back(std::move(of_file));
  return out;
}

outbox_reset reset_of(const lost_outbox& old) {
  governor::fields of_file{{"why", old.why}};
  if (old.epoch) of_file.emplace_back("epoch", std::to_string(*old.epoch));
  return {"new_store", {std::move(of_file)}};
}

}  // namespace hawser
