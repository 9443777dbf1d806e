// Opening an outbox: who may, what a damaged file becomes.
#include "store/sqlite/access.hpp"
#include "store/sqlite/outbox/outbox.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace hawser {
namespace {

namespace fs = std::filesystem;
using namespace io::sqlite;

// The header of a SQLite file: its magic, and the application id at 68 ("Database File Format",
// 1.3).
bool is_outbox(const inode_lock& file) {
  std::array<char, 72> header{};
  if (::pread(file.descriptor(), header.data(), header.size(), 0) < 0) return false;
  std::uint32_t id = 0;
  for (std::size_t i = 68; i < header.size(); ++i) {
    id = id << 8 | static_cast<unsigned char>(header[i]);
  }
  return std::string_view(header.data(), 15) == "SQLite format 3" &&
         id == static_cast<std::uint32_t>(outbox_kind.application_id);
}

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw store_error(store_errc::failed, path + ": " + what);
}

// The database goes first: a log without its database is noticed when the outbox is opened the next
// time, a database without its log would pass for a whole one.
void move_to(const std::string& target, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ec;
    if (!fs::exists(path + suffix)) continue;
    fs::rename(path + suffix, target + suffix, ec);
    if (ec) refuse(path + suffix, "is damaged and cannot be moved aside: " + ec.message());
  }
  sync_folder_of(path);
}

// A database that was gone left its log alone.
moved_outbox describe(const std::string& moved_to, const std::string& why) {
  const bool log_alone = !fs::exists(moved_to) && fs::exists(moved_to + "-wal");
  moved_outbox out{log_alone ? moved_to + "-wal" : moved_to, why, {}, {}};
  if (has_content(moved_to)) salvage(out);
  return out;
}

void check(const outbox_options& o) {
  const auto bad = [&](const char* what) {
    throw store_error(errc::invalid_option, o.path + ": " + what);
  };
  if (o.path.empty()) bad("the outbox needs a path");
  if (o.device.empty()) bad("the outbox needs a device");
  if (o.limits.rows == 0) bad("limits.rows is 0");
  if (o.limits.bytes < std::uint64_t{1} << 20) bad("limits.bytes is below 1 MiB");
  if (o.limits.keys == 0) bad("limits.keys is 0");
  if (o.limits.retention < 0) bad("limits.retention is negative");
}

// The number of the newest file that was moved aside, if it is not on record; 0: there is none. A
// program of before did not write down which one is: then it may be the newest.
std::uint64_t owed_aside(const std::string& path, const std::optional<store_record>& known) {
  const std::uint64_t newest = last_aside(path);
  return known && known->aside && newest <= *known->aside ? 0 : newest;
}

// Whether the file that was moved aside is the store that FILE.id names. Where one of them does not
// say its epoch, and where the new store has its FILE.id already, it is.
bool is_that_of(const moved_outbox& moved, const std::optional<store_record>& known,
                std::optional<std::uint64_t> begun) {
  return !known || !known->epoch || !moved.epoch || known->epoch == moved.epoch ||
         known->epoch == begun;
}

moved_outbox describe_aside(const std::string& path, std::uint64_t number) {
  return describe(aside_name(path, number), path + ": was moved aside, its reset was not recorded");
}

void require_store(const outbox_options& o, const std::optional<store_record>& known) {
  const auto bad = [](const std::string& what) {
    throw store_error(errc::invalid_option, what + " (require_store)");
  };
  if (!known) {
    bad(o.path + ".id: is not there: this is a new place, or its file system is not mounted");
  }
  if (has_content(o.path)) return;
  const std::uint64_t aside = known->aside ? owed_aside(o.path, known) : 0;
  if (aside == 0 || !is_that_of(describe_aside(o.path, aside), known, {})) {
    bad(o.path + ": is gone or empty");
  }
}

// Where the file cannot say whose it was, FILE.id still does.
void add_epoch(moved_outbox& moved, const std::optional<store_record>& known) {
  if (!moved.epoch && known) moved.epoch = known->epoch;
}

// What the first receipts of a store that has none yet have to say.
void add_what_is_owed(opened_outbox& out, const sqlite_outbox& store, const std::string& path,
                      const std::optional<store_record>& known, const std::string& lost) {
  if (const std::uint64_t aside = owed_aside(path, known); aside != 0) {
    moved_outbox moved = describe_aside(path, aside);
    if (is_that_of(moved, known, store.epoch())) {
      if (known && known->epoch != store.epoch()) add_epoch(moved, known);
      out.moved_aside = std::move(moved);
    }
  }
  if (!out.moved_aside && known && known->epoch != store.epoch()) {
    out.lost = lost_outbox{path + lost, known->epoch};
  }
}

// A log without its database: what is wrong, or "" where a move that was cut short left it behind
// and the database is back.
std::string rescue_main_file(const std::string& path, const std::optional<store_record>& known) {
  if (has_content(path) || !has_content(path + "-wal")) return {};
  const std::uint64_t aside = owed_aside(path, known);
  const std::string last = aside_name(path, aside);
  if (fs::exists(path) || aside == 0 || !has_content(last) || fs::exists(last + "-wal")) {
    return path + (fs::exists(path) ? ": is empty" : ": is gone") + ", its log is not";
  }
  move_to(last, path);
  return {};
}

opened_outbox open(outbox_setup options) {
  check(options);
  const std::string path = options.path = only_name(options.path);
  const std::string lock_path = path + "-lock";
  require_writable(path);
  const auto known = store_id(path).read();
  if (options.require_store) require_store(options, known);
  // The lock's file says that an outbox was here. Without it, a file that does not look like one is
  // somebody else's and stays untouched; with it, such a file is ours and damaged.
  std::shared_ptr<file_lock> lock;
  if (fs::exists(lock_path)) lock = std::make_shared<file_lock>(lock_path);
  // Locked before anything looks into it.
  std::shared_ptr<inode_lock> held;
  hold(held, path, inode_lock::writers::one);
  // A journal beside it undoes a file that was not made to its end.
  const bool looks_damaged =
      held && has_content(path) && !is_outbox(*held) && !(lock && has_content(path + "-journal"));
  if (looks_damaged && !lock) refuse(path, std::string("is not ") + outbox_kind.name);
  if (!has_content(path) && known && !known->device.empty() && known->device != options.device) {
    throw store_error(errc::invalid_option, path + ".id: is of the outbox of device '" +
                                                known->device + "', not of '" + options.device +
                                                "'");
  }
  if (!lock) {
    lock = std::make_shared<file_lock>(lock_path);
    sync_folder_of(path);  // before there is a file that it tells of
  }

  opened_outbox out;
  std::string why =
      looks_damaged ? path + ": its header is damaged" : rescue_main_file(path, known);
  const std::string lost = !fs::exists(path)    ? ": is gone"
                           : !has_content(path) ? ": is empty"
                                                : ": was lost, its reset was not recorded";
  if (why.empty()) {
    try {
      auto store = std::make_unique<sqlite_outbox>(options, lock, held);
      if (store->streams().value().empty()) add_what_is_owed(out, *store, path, known, lost);
      out.store = std::move(store);
      return out;
    } catch (const store_error& e) {
      if (e.code() != store_errc::corrupt) throw;
      why = e.what();
    }
  }
  // Behind those that were removed since they are on record.
  const std::uint64_t before = known && known->aside ? *known->aside : 0;
  const auto target = aside_name(path, std::max(before, last_aside(path)) + 1);
  held.reset();  // another file gets the name
  move_to(target, path);
  out.moved_aside = describe(target, why);
  add_epoch(*out.moved_aside, known);
  out.store = std::make_unique<sqlite_outbox>(options, lock, held);
  return out;
}

}  // namespace

outbox_factory outbox_in_sqlite(std::string file_system) {
  return [on = std::move(file_system)](
             const outbox_options& options) -> result<opened_outbox, error_info> {
    try {
      return open({options, on});
    } catch (const store_error& e) {
      return error_info{e.code(), e.what()};
    } catch (const std::exception& e) {  // of the file system, or no entropy for an epoch
      return error_info{store_errc::failed, options.path + ": " + e.what()};
    }
  };
}

result<opened_outbox, error_info> open_outbox(const outbox_options& options) {
  return outbox_in_sqlite()(options);
}

}  // namespace hawser
