#include "store/sqlite/store_id.hpp"

#include <hawser/core/crc32.hpp>

#include "store/sqlite/log_check.hpp"
#include "store/sqlite/names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace hawser::io::sqlite {
namespace {

// A disk writes a sector whole or not at all. The identity is in the first one, the count in the
// second, the name of the device, which may be longer than one, behind them.
constexpr std::size_t sector = 512;
constexpr std::size_t most_read = 16 * 1024;

std::string sum_of(std::string_view text) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%08x", crc32(std::as_bytes(std::span(text))));
  return out.data();
}

// Text with a checksum, filled up to whole sectors.
std::string block(std::string text) {
  text += "sum " + sum_of(text) + "\n";
  text.resize((text.size() + sector - 1) / sector * sector, ' ');
  text.back() = '\n';
  return text;
}

// What stands before the checksum; nullopt: it is not what was written.
std::optional<std::string> unblock(const std::string& block) {
  const auto at = block.rfind("sum ");
  if (at == std::string::npos) return std::nullopt;
  const std::string text = block.substr(0, at);
  if (block.substr(at + 4, 8) != sum_of(text)) return std::nullopt;
  return text;
}

std::optional<std::string> line(const std::string& text, const std::string& name) {
  const auto at = text.starts_with(name + " ") ? 0 : text.find("\n" + name + " ") + 1;
  if (at == 0 && !text.starts_with(name + " ")) return std::nullopt;
  const auto begin = at + name.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::optional<std::uint64_t> number(const std::optional<std::string>& text) {
  std::uint64_t n = 0;
  if (!text) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto r = std::from_chars(text->data(), end, n);
  if (r.ec != std::errc() || r.ptr != end) return std::nullopt;
  return n;
}

// What is new with each start of the system.
const std::string& boot() {
  static const std::string id = [] {
    std::string text;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> text;
    return text;
  }();
  return id;
}

std::string identity_block(const store_record& r) {
  return block("hawser store\nkind " + r.kind + "\n" +
               (r.epoch ? "epoch " + std::to_string(*r.epoch) + "\n" : "") + "log " +
               (r.log_in_use ? "in use" : "none") + "\n" +
               (r.aside ? "aside " + std::to_string(*r.aside) + "\n" : ""));
}

std::string count_block(std::uint64_t receipts) {
  return block("receipts " + std::to_string(receipts) + "\nboot " + boot() + "\n");
}

std::string device_block(const std::string& device) { return block("device\n" + device + "\n"); }

store_record parse(const std::string& content) {
  store_record r;
  const auto identity = unblock(content.substr(0, sector));
  if (!identity || !identity->starts_with("hawser store\n")) return r;
  r.kind = line(*identity, "kind").value_or("");
  r.epoch = number(line(*identity, "epoch"));
  r.log_in_use = line(*identity, "log") == "in use";
  r.aside = number(line(*identity, "aside"));
  if (content.size() < 3 * sector) return r;
  if (const auto count = unblock(content.substr(sector, sector))) {
    const auto receipts = number(line(*count, "receipts"));
    r.counted = receipts.has_value();
    r.receipts = receipts.value_or(0);
    r.noted_since_boot = !boot().empty() && line(*count, "boot") == boot();
  }
  if (const auto device = unblock(content.substr(2 * sector))) {
    constexpr std::size_t head = std::string_view("device\n").size();
    r.device = device->substr(head, device->size() - head - 1);
  }
  return r;
}

// All of it or an error.
bool write_at(int descriptor, std::size_t at, std::string_view data) {
  while (!data.empty()) {
    const ssize_t n = ::pwrite(descriptor, data.data(), data.size(), static_cast<off_t>(at));
    if (n < 0 && errno != EINTR) return false;
    if (n <= 0) continue;
    data.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::size_t>(n);
  }
  return true;
}

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

bool has_content(const std::string& path) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(path, ec);
  return !ec && size > 0;
}

void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::absolute(path).parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0 && errno == EACCES) return;
  const bool synced = descriptor >= 0 && (::fsync(descriptor) == 0 || errno == EINVAL ||
                                          errno == ENOTSUP || errno == ENOSYS);
  const std::string why = reason();
  if (descriptor >= 0) ::close(descriptor);
  if (!synced) throw store_error(store_errc::failed, folder + ": cannot sync the folder: " + why);
}

std::string shortage(const std::string& store, const store_record& counted,
                     std::uint64_t receipts) {
  if (receipts >= counted.receipts) return {};
  return store + ": has " + std::to_string(receipts) + " receipts and had " +
         std::to_string(counted.receipts) + ": it is an older copy, or the end of its log was lost";
}

store_id::~store_id() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void store_id::fail(const std::string& what) const {
  throw store_error(store_errc::failed, path_ + ": " + what);
}

std::optional<store_record> store_id::read() const {
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(reason());
  }
  std::string content(most_read, '\0');
  const ssize_t n = ::pread(descriptor, content.data(), content.size(), 0);
  const std::string why = n < 0 ? reason() : "";
  ::close(descriptor);
  if (n < 0) fail("cannot be read: " + why);  // That says nothing of what is in it.
  content.resize(static_cast<std::size_t>(n));
  return parse(content);
}

void store_id::write(const store_record& r) {
  const std::string next = path_ + ".new";
  const std::string content = identity_block(r) + count_block(r.receipts) + device_block(r.device);
  const int descriptor = ::open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) throw store_error(store_errc::failed, next + ": " + reason());
  if (!write_at(descriptor, 0, content) || ::fsync(descriptor) != 0 ||
      ::rename(next.c_str(), path_.c_str()) != 0) {
    const std::string why = reason();
    ::close(descriptor);
    ::unlink(next.c_str());
    fail("cannot be written: " + why);
  }
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = descriptor;
  sync_folder_of(path_);
}

int store_id::opened() {
  if (descriptor_ < 0) descriptor_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  return descriptor_;
}

void store_id::set_log_in_use(store_record& r, bool in_use) {
  store_record next = r;
  next.log_in_use = in_use;
  if (opened() < 0 || !write_at(descriptor_, 0, identity_block(next)) ||
      ::fdatasync(descriptor_) != 0) {
    fail("cannot be written: " + reason());
  }
  r.log_in_use = in_use;
}

void store_id::note(std::uint64_t receipts) noexcept {
  // Without it, less can be told after a crash.
  if (opened() >= 0) write_at(descriptor_, sector, count_block(receipts));
}

store_mark::store_mark(const std::string& store, std::string kind, std::string device)
    : store_(store), id_(store), found_(id_.read()) {
  now_.kind = std::move(kind);
  now_.device = std::move(device);
}

void store_mark::prepare(const char* content) {
  auto known = id_.read();
  if (has_content(store_)) {
    log_verdict log = judge_log(store_, known, content);
    if (now_.kind == "ledger" && !log.damage.empty()) {  // An outbox is moved aside by itself.
      log.damage +=
          "; to go on with what is left, or with a copy, move its -wal and " + path() + " away";
    }
    if (!log.damage.empty()) throw store_error(store_errc::corrupt, log.damage, true);
    alarm_ = log.doubt;
    if (!log.doubt.empty() || has_content(store_ + "-wal")) return;
  }
  if (!known || !known->log_in_use) return;
  // What is begun now has no log yet, and of what is there, another program has tidied it away.
  try {
    id_.set_log_in_use(*known, false);
  } catch (const store_error&) {
    // The count tells at the next start that nothing is missing.
  }
}

bool store_mark::is_ours(const std::optional<store_record>& r) const {
  return r && r->kind == now_.kind && r->epoch == now_.epoch;
}

// Another owner may have written it meanwhile.
void store_mark::refresh() {
  const auto there = id_.read();
  if (is_ours(there)) now_.log_in_use = there->log_in_use;
}

// Of an edge that ended between its reset receipt and FILE.id, the device's stream is all there is.
void store_mark::compare(const store_content& c) {
  if (std::exchange(compared_, true) || !found_) return;
  if (found_->kind != now_.kind) {
    alarm_ = path() + ": cannot be read, and is written anew";
  } else if (found_->epoch != c.epoch) {
    if (c.has != store_content::kind::all) return;
    alarm_ = store_ + ": is another store than the one that was here (" + path() + " names epoch " +
             std::to_string(found_->epoch.value_or(0)) + "): what that one had is not in it";
  } else if (c.receipts) {
    const std::string lost = shortage(store_, *found_, *c.receipts);
    if (!lost.empty()) alarm_ = lost;
  }
}

// Of a store that has nothing yet, the newest may still be owed.
std::optional<std::uint64_t> store_mark::aside_at_open(
    const store_content& c, const std::optional<store_record>& there) const {
  if (now_.kind != "outbox") return std::nullopt;
  const std::uint64_t last = last_aside(store_);
  if (c.has != store_content::kind::nothing) return last;
  return there ? there->aside : last - std::min<std::uint64_t>(last, 1);
}

void store_mark::opened(const store_content& c) {
  compare(c);
  now_.epoch = c.epoch;
  const auto there = id_.read();  // Another owner may have made it meanwhile.
  on_disk_ = is_ours(there);
  now_.log_in_use = on_disk_ && there->log_in_use;
  now_.aside = aside_at_open(c, there);
  owes_ = c.has == store_content::kind::nothing;
  if (on_disk_) {
    if (c.receipts) id_.note(*c.receipts);
  } else if (!there || c.has != store_content::kind::nothing) {
    renew(c.receipts);
  }
}

// A group that changed nothing leaves no log. Where the file names another store until this one has
// its first group, it stays the proof that a store was here.
void store_mark::committed(std::optional<std::uint64_t> receipts) noexcept {
  try {
    if (owes_ && now_.kind == "outbox") now_.aside = last_aside(store_);
    if (!on_disk_) renew(receipts);
    const bool in_use = now_.log_in_use || has_content(store_ + "-wal");
    if (owes_ || in_use != now_.log_in_use) id_.set_log_in_use(now_, in_use);
    owes_ = false;
    failing_ = false;
  } catch (const store_error& e) {
    if (!std::exchange(failing_, true)) {
      notice_ = std::string(e.what()) +
                "; until it can, it may go unnoticed that the store or its log is lost";
    }
  }
  if (on_disk_ && receipts) id_.note(*receipts);
}

void store_mark::renew(std::optional<std::uint64_t> receipts) {
  now_.receipts = receipts.value_or(0);
  now_.log_in_use = false;
  id_.write(now_);
  on_disk_ = true;
}

// Once all of the log is in the database, nobody misses it: whoever reads the database may keep it,
// and remove it later.
void store_mark::closing(database& db) noexcept {
  bool cleared = false;
  try {
    refresh();
    if (now_.log_in_use && db.checkpoint()) id_.set_log_in_use(now_, false);
    cleared = !now_.log_in_use;
  } catch (const store_error&) {
  }
  if (!cleared) db.keep_log();
}

void store_mark::closed(bool others) noexcept {
  if (!on_disk_) return;
  try {
    refresh();
    const bool there = has_content(store_ + "-wal");
    if (now_.log_in_use && !there && !others) id_.set_log_in_use(now_, false);
    if (!now_.log_in_use && there && others) id_.set_log_in_use(now_, true);
  } catch (const store_error&) {
    // The count tells at the next start that nothing is missing.
  }
}

}  // namespace hawser::io::sqlite
