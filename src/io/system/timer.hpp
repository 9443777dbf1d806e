// A wait on the clock of the system.
#pragma once

#include <hawser/io/environment.hpp>

#include "io/loop/loop.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace hawser::io {

class system_timer final : public timer {
 public:
  explicit system_timer(asio::io_context& context) : timer_(context) {}

  void set(time_point t, std::function<void(time_point)> due) override {
    timer_.expires_at(std::chrono::time_point_cast<std::chrono::steady_clock::duration>(t));
    timer_.async_wait([due = std::move(due)](const boost::system::error_code& ec) {
      if (!ec) due(std::chrono::steady_clock::now());
    });
  }
  void cancel() noexcept override { timer_.cancel(); }

 private:
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, executor>
      timer_;
};

}  // namespace hawser::io
