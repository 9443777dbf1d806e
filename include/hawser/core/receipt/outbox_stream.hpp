// A stream of a device, as its outbox has it and its window needs it.
#pragma once

#include <hawser/core/receipt/receipt.hpp>

#include <cstdint>
#include <string>

namespace hawser {

struct outbox_stream {
  std::uint32_t sid = 0;    ///< the device's own short number
  std::string governor;     ///< stream_key::governor
  std::uint64_t epoch = 0;  ///< stream_key::epoch
  stream_head last;         ///< the newest receipt on disk
  std::uint64_t acked = 0;  ///< acknowledged by the ledger up to here, as recorded on disk
  stream_head base;         ///< the receipt before the oldest one that is still kept
};

}  // namespace hawser
