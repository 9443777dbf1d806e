#include "edge/uplink.hpp"

namespace hawser {

uplink::uplink(config c, std::vector<outbox_stream> streams, receipt_source& source)
    : client_(c.link, hawser_cloud(std::move(c.cloud), std::move(streams), source), trace{},
              heartbeat(c.beat), reconnect(c.retry)),
      log_(c.link.log) {}

void uplink::start() {
  thread_ = std::thread([this] {
    const error_code ec = client_.run();
    if (ec && log_) log_->write(log_level::error, "uplink ended: " + client_.last_detail());
  });
}

void uplink::stop() {
  client_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace hawser
