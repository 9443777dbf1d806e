#include "edge/uplink.hpp"

#include <hawser/core/text/text.hpp>

namespace hawser {

uplink::uplink(std::shared_ptr<io::environment> around, config c,
               std::vector<outbox_stream> streams, receipt_source& source)
    : environment_(std::move(around)),
      loop_(std::make_shared<io::loop>(environment_)),
      client_(loop_, c.link, hawser_cloud(std::move(c.cloud), std::move(streams), source),
              trace(c.trace), heartbeat(c.beat), circuit_breaker(c.breaker), reconnect(c.retry)),
      log_(c.link.log) {}

result<void, error_info> uplink::start() {
  const auto started = client_.start([this](error_code ec) {
    if (ec && log_) {
      std::string line = "uplink ended: ";
      append_escaped(line, client_.last_detail());  // A part of it may come from the cloud.
      log_->write(log_level::error, line);
    }
    loop_->stop();
  });
  if (!started) return error_info{started.error(), client_.last_detail()};
  running_ = environment_->run(loop_);
  return {};
}

void uplink::stop() {
  if (!running_) return;
  client_.stop();
  running_.reset();
}

}  // namespace hawser
