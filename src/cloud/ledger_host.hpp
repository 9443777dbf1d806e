// The ledger on its writer thread.
#pragma once

#include <hawser/core/receipt/wire.hpp>
#include <hawser/log.hpp>
#include <hawser/store/group_writer.hpp>
#include <hawser/store/ledger.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hawser {

/// What a device says of its streams, and what the ledger answers. On the writer's thread.
class ledger_host final : public io::group_target {
 public:
  ledger_host(std::unique_ptr<ledger> l, std::shared_ptr<log_sink> log);

  // Within a group. A store that fails makes the whole group fail. A stream that is damaged in the
  // store is answered as a fork, which parks it on its device, and nobody else is held up by it.
  // It has been told then: nullopt, or `is_damaged`.
  std::optional<append_result> append(const stream_key& stream, const stream_head& previous,
                                      const std::vector<chained_receipt>& rows);
  wire::committed_position position(const stream_key& stream, const wire::stream_position& claimed,
                                    const digest& origin, bool& is_damaged);

  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override { ledger_->rollback(); }
  void settled(error_code ec) override;
  duration due_in() override { return duration::max(); }
  void due() override {}
  /// Whether the last group failed; once the writer has stopped.
  bool failed() const noexcept { return broken_; }

 private:
  bool damaged(error_code ec, const stream_key& stream);
  void say(log_level level, const std::string& line) const;
  void tell_notice();

  std::unique_ptr<ledger> ledger_;
  std::shared_ptr<log_sink> log_;
  error_code poison_;
  bool broken_ = false;
  std::set<std::string> told_;  // since it broke
};

}  // namespace hawser
