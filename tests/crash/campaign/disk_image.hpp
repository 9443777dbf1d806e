// What a disk may hold after the power was cut, by what was written to it and what was synced.
#pragma once

#include "crash/campaign/chance.hpp"
#include "crash/campaign/disk.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hawser::crash {

inline constexpr std::size_t sector = 512;

/// What becomes of that which was not synced.
enum class cut_kind {
  nothing,     ///< stays
  everything,  ///< is gone to the disk: what another process would see
  prefix,      ///< the first of it stays, the last of that torn at a sector
  sectors,     ///< any sectors of it stay
  suffix,      ///< only the last of it stays: the disk wrote it in another order
};
inline constexpr int cut_kinds = 5;
const char* to_string(cut_kind k);

/// Follows the events of a disk from its first one on.
class disk_image {
 public:
  void apply(const disk_event& e);
  /// Writes what may be there into the folder. Only files whose names begin so.
  void write(const std::string& folder, const std::string& prefix, cut_kind kind,
             chance& decide) const;

 private:
  struct change {
    bool truncates = false;
    std::size_t offset = 0;  ///< or size
    std::string data;
  };
  struct content {
    std::string safe;
    std::vector<change> lost;    ///< its sync failed, so no later one makes it safe
    std::vector<change> open;    ///< since
    bool entry_is_safe = false;  ///< its name is
  };

  static void make(std::string& to, const change& c);
  static void cut_out(std::vector<change>& from, const change& c);
  static std::string after_cut(const content& c, cut_kind kind, chance& decide);
  void folder_is_safe();

  std::map<std::string, std::shared_ptr<content>> files_;
  std::map<std::string, std::shared_ptr<content>> removed_;  // and may come back
  std::map<std::string, std::string> beside_;
};

}  // namespace hawser::crash
