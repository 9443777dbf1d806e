// The way to a server over sockets.
#pragma once

#include <hawser/io/environment.hpp>

#include "io/system/address_preference.hpp"
#include "io/system/connector.hpp"
#include "io/system/resolver.hpp"

#include <memory>

namespace hawser::io {

/// Looks up on a thread, connects to whichever address answers first.
class system_route final : public route {
 public:
  system_route(const std::shared_ptr<loop::impl>& on, destination to, resolver look_up);
  ~system_route() override;

  void resolve(std::function<void(error_code, std::string)> done) override;
  void connect(
      std::function<void(error_code, std::string, std::unique_ptr<transport>)> done) override;
  void failed() override { addresses_->order.failed(); }
  void opened() override { addresses_->order.opened(); }

 private:
  std::weak_ptr<loop::impl> loop_;  // its queue may hold us: a shared one would be a cycle
  destination to_;
  resolver look_up_;
  struct known {
    address_preference order;
    endpoints found = {};
  };
  std::shared_ptr<known> addresses_;  // a look-up under way finds the route gone by it
  std::shared_ptr<connector> connector_;
};

}  // namespace hawser::io
