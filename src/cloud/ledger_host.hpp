// The ledger on its writer thread.
#pragma once

#include <hawser/core/receipt/wire.hpp>
#include <hawser/log.hpp>
#include <hawser/store/group_writer.hpp>
#include <hawser/store/ledger.hpp>

#include "store/store_groups.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser {

/// What a device says of its streams, and what the ledger answers. On the writer's thread.
class ledger_host final : public io::group_target {
 public:
  ledger_host(std::unique_ptr<ledger> l, std::shared_ptr<log_sink> log);

  // A stream that is damaged in the store is answered as a fork, which parks it on its device, and
  // nobody else is held up by it. It has been told then: nullopt, or `damaged`.

  /// Within a group. A store that fails makes the whole group fail.
  std::optional<append_result> append(const stream_key& stream, const stream_head& previous,
                                      const std::vector<chained_receipt>& rows);
  struct standing {
    wire::committed_position position;
    bool damaged = false;
  };
  /// Outside of groups: where a stream stands of which a device claims that.
  result<standing> position(const stream_key& stream, const wire::stream_position& claimed,
                            const digest& origin);

  result<void> begin() override { return groups_.begin(); }
  result<void> commit() override { return groups_.commit(); }
  void rollback() noexcept override { groups_.rollback(); }
  void settled(error_code ec) override { groups_.settled(ec); }
  duration due_in() override { return duration::max(); }
  void due() override {}
  /// Whether the last group failed; once the writer has stopped.
  bool failed() const noexcept { return groups_.failed(); }

 private:
  bool damaged(error_code ec, const stream_key& stream);

  std::unique_ptr<ledger> ledger_;
  store_groups groups_;
};

}  // namespace hawser
