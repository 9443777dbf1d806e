// The log as a hook sees it that is told of a frame.
#pragma once

#include <hawser/log.hpp>

#include "io/net/connection.hpp"

namespace hawser::io {

/// What is logged of a frame may quote it, and that may echo the credentials of the link's request:
/// they are masked, whatever they are called there. Lives as long as one hook.
class masked_log final : public log_sink {
 public:
  masked_log(const connection_owner& owner, const connection& link, log_sink* to) noexcept
      : owner_(owner), link_(link), to_(to) {}
  void write(log_level level, std::string_view line) noexcept override {
    to_->write(level, owner_.shown(link_, line));
  }
  log_level threshold() const noexcept override { return to_->threshold(); }

 private:
  const connection_owner& owner_;
  const connection& link_;
  log_sink* to_;
};

}  // namespace hawser::io
