// The edge's link to the cloud: a client with the hawser_cloud adapter, on a thread of its own.
#pragma once

#include <hawser/adapters/hawser_cloud/adapter.hpp>
#include <hawser/hawser.hpp>

#include <functional>
#include <thread>

namespace hawser {

/// Runs the client from start() to stop(). The functions come from any thread.
class uplink {
 public:
  struct config {
    hawser::options link;
    hawser_cloud::options cloud;
    heartbeat::options beat;
    reconnect::options retry;
  };

  /// `source` must outlive the uplink.
  uplink(config c, std::vector<outbox_stream> streams, receipt_source& source);
  ~uplink() { stop(); }

  /// What validate() would say; nothing runs yet.
  void start();
  void stop();
  /// Runs `task(adapter, context)` on the strand, unless the client has ended.
  template <class Task>
  void submit(Task task) {
    (void)client_.submit(std::move(task));
  }

 private:
  resilient_client<hawser_cloud> client_;
  std::shared_ptr<log_sink> log_;
  std::thread thread_;
};

}  // namespace hawser
