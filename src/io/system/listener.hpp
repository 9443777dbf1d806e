// A listening socket of the system.
#pragma once

#include <hawser/io/environment.hpp>

#include "io/net/socket.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hawser::io {

class system_listener final : public listener {
 public:
  explicit system_listener(const std::shared_ptr<loop::impl>& on)
      : loop_(on), socket_(on->context) {}
  ~system_listener() override { close(); }

  result<std::uint16_t, error_info> listen(const listen_at& where) override;
  void accept(std::function<void(error_code, accepted)> done) override;
  void close() noexcept override;

 private:
  error_code bind(const endpoint& at);
  std::string reason(const error_code& ec) const;

  std::weak_ptr<loop::impl> loop_;
  stream_acceptor socket_;
  std::optional<std::string> path_;  // of a unix-domain socket
  bool owns_path_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace hawser::io
