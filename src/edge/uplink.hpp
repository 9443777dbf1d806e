// The edge's link to the cloud: a client with the hawser_cloud adapter, on a loop of its own.
#pragma once

#include <hawser/adapters/hawser_cloud/adapter.hpp>
#include <hawser/hawser.hpp>
#include <hawser/io/environment.hpp>

#include <memory>

namespace hawser {

/// Runs the client from start() to stop(), each called once; submit() from any thread.
class uplink {
 public:
  struct config {
    hawser::options link;
    hawser_cloud::options cloud;
    heartbeat::options beat;
    circuit_breaker::options breaker;
    reconnect::options retry;
    hawser::trace::options trace;
  };

  /// `source` must outlive the uplink.
  uplink(std::shared_ptr<io::environment> around, config c, std::vector<outbox_stream> streams,
         receipt_source& source);
  ~uplink() { stop(); }

  /// Starts to dial. What the options' validate() says; then nothing runs.
  result<void, error_info> start();
  void stop();
  /// Runs `task(adapter, context)` on the strand. errc::stopped, errc::mailbox_full.
  template <class Task>
  result<void> submit(Task task) {
    return client_.submit(std::move(task));
  }

 private:
  std::shared_ptr<io::environment> environment_;
  std::shared_ptr<io::loop> loop_;
  resilient_client<hawser_cloud> client_;
  std::shared_ptr<log_sink> log_;
  std::unique_ptr<io::running> running_;
};

}  // namespace hawser
