// Whether a file may be a store at all: looked at before SQLite has it open.
#include <hawser/store/sqlite.hpp>

#include "store/sqlite/ledger/ledger_file.hpp"
#include "store/sqlite/outbox/outbox_file.hpp"

#include <filesystem>
#include <fstream>

namespace hawser {
namespace {

namespace fs = std::filesystem;
using namespace io::sqlite;

constexpr std::string_view file_magic = "SQLite format 3";
constexpr std::size_t header_size = 100;

bool has_content(const std::string& path) {
  std::error_code ec;
  const auto size = fs::file_size(path, ec);
  return !ec && size > 0;
}

// What an owner leaves beside its file, and what both kinds say in their schema.
bool has_traces(const std::string& path, std::string_view beginning) {
  std::error_code ec;
  return fs::exists(path + "-lock", ec) || has_content(path + "-wal") ||
         beginning.find("origin BLOB NOT NULL") != std::string_view::npos;
}

// Big-endian, at a place of the header ("Database File Format", 1.3).
std::uint32_t number_at(std::string_view header, std::size_t at) {
  std::uint32_t n = 0;
  for (const char c : header.substr(at, 4)) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

}  // namespace

std::string why_no_store(const std::string& path, store_kind kind) {
  const file_kind& own = kind == store_kind::outbox ? outbox_kind : ledger_kind;
  const file_kind& other = kind == store_kind::outbox ? ledger_kind : outbox_kind;
  const auto id_of = [](const file_kind& k) {
    return static_cast<std::uint32_t>(k.application_id);
  };
  std::string beginning(64 * 1024, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};  // Opening it as a store says why.
  in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(in.gcount()));
  const bool whole = beginning.size() >= header_size;
  const std::string_view header = std::string_view(beginning).substr(0, header_size);
  const std::uint32_t id = whole ? number_at(header, 68) : 0;
  if (id == id_of(own)) {
    const std::uint32_t version = number_at(header, 60);
    if (!header.starts_with(file_magic) || version <= static_cast<std::uint32_t>(own.version))
      return {};
    return path + ": is " + own.name + " of version " + std::to_string(version) +
           ", this program knows version " + std::to_string(own.version);
  }
  const bool foreign = whole && header.starts_with(file_magic);
  if (!foreign && has_traces(path, beginning)) return {};  // It was ours, and is damaged.
  return path + ": is not " + own.name +
         (id == id_of(other) ? std::string(" but ") + other.name : "");
}

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace hawser
