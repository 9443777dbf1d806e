// Name resolution by the system.
#include "io/system/resolver.hpp"

#include <boost/asio/post.hpp>

#include <system_error>
#include <thread>
#include <utility>

namespace hawser::io {

std::vector<asio::ip::tcp::endpoint> look_up_addresses(const std::string& host, std::uint16_t port,
                                                       boost::system::error_code& ec) {
  asio::io_context own;  // The blocking resolver needs a context, not a loop that runs.
  std::vector<asio::ip::tcp::endpoint> found;
  for (const auto& entry : asio::ip::tcp::resolver(own).resolve(host, std::to_string(port), ec)) {
    found.push_back(entry.endpoint());
  }
  return found;
}

void resolve(const std::shared_ptr<loop::impl>& on, const resolver& look_up,
             const std::string& host, std::uint16_t port,
             std::function<void(error_code, endpoints)> done) {
  error_code wrong;
  const auto address = numeric_address(host, wrong);
  if (!wrong || host.find(':') != std::string::npos) {  // Digits alone: no resolver knows more.
    asio::post(on->context,
               [done = std::move(done), wrong, e = asio::ip::tcp::endpoint(address, port)] {
                 done(wrong, wrong ? endpoints() : endpoints{endpoint(e)});
               });
    return;
  }
  auto work = [weak = std::weak_ptr(on), look_up, host, port, done] {
    error_code ec;
    endpoints found;
    for (const auto& e : look_up(host, port, ec)) found.emplace_back(e);
    const auto loop = weak.lock();
    if (!loop) return;
    asio::post(loop->context, [done, ec, found = std::move(found)] { done(ec, found); });
  };
  try {
    std::thread(std::move(work)).detach();
  } catch (const std::system_error& e) {  // No more threads: as transient as any other failure.
    asio::post(on->context, [done = std::move(done), ec = error_code(e.code())] { done(ec, {}); });
  }
}

}  // namespace hawser::io
