// The log as a hook sees it that is told of a frame.
#pragma once

#include <hawser/log.hpp>

#include "io/net/connection.hpp"

namespace hawser::io {

/// What is logged of a frame may quote it, and that may echo the credentials of the link's request:
/// they are masked, whatever they are called there. `to` may be nullptr: then nothing is wanted.
/// Lives as long as one hook.
class masked_log final : public log_sink {
 public:
  masked_log(const connection_owner& owner, const connection& link, log_sink* to) noexcept
      : owner_(owner), link_(link), to_(to) {}
  void write(log_level level, std::string_view line) noexcept override {
    if (to_ != nullptr) to_->write(level, shown(line));
  }
  log_level threshold() const noexcept override {
    return to_ != nullptr ? to_->threshold() : log_level::off;
  }
  std::string shown(std::string_view line) const override { return owner_.shown(link_, line); }

 private:
  const connection_owner& owner_;
  const connection& link_;
  log_sink* to_;
};

}  // namespace hawser::io
