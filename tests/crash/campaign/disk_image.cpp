#include "crash/campaign/disk_image.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace hawser::crash {
namespace {

void write_file(const std::string& path, const std::string& data) {
  std::ofstream(path, std::ios::binary)
      .write(data.data(), static_cast<std::streamsize>(data.size()));
}

}  // namespace

const char* to_string(cut_kind k) {
  constexpr const char* names[cut_kinds] = {"nothing", "everything", "prefix", "sectors", "suffix"};
  return names[static_cast<int>(k)];
}

void disk_image::make(std::string& to, const change& c) {
  if (c.truncates) return to.resize(std::min(to.size(), c.offset));
  if (to.size() < c.offset + c.data.size()) to.resize(c.offset + c.data.size());
  to.replace(c.offset, c.data.size(), c.data);
}

// What was written over is not lost any more.
void disk_image::cut_out(std::vector<change>& from, const change& c) {
  const std::size_t end = c.truncates ? std::string::npos : c.offset + c.data.size();
  std::vector<change> left;
  for (change& l : from) {
    const std::size_t last = l.offset + l.data.size();
    if (l.truncates || last <= c.offset || l.offset >= end) {
      left.push_back(std::move(l));
      continue;
    }
    if (l.offset < c.offset)
      left.push_back({false, l.offset, l.data.substr(0, c.offset - l.offset)});
    if (last > end) left.push_back({false, end, l.data.substr(end - l.offset)});
  }
  from = std::move(left);
}

void disk_image::folder_is_safe() {
  removed_.clear();
  for (auto& [name, file] : files_) file->entry_is_safe = true;
}

void disk_image::apply(const disk_event& e) {
  using kind = disk_event::kind;
  if (e.what == kind::beside) {
    folder_is_safe();
    if (e.gone) {
      beside_.erase(e.file);
    } else {
      beside_[e.file] = e.data;
    }
    return;
  }
  if (e.what == kind::removed) {
    const auto it = files_.find(e.file);
    if (it != files_.end()) {
      if (it->second->entry_is_safe) removed_[e.file] = it->second;
      files_.erase(it);
    }
    if (e.folder) folder_is_safe();
    return;
  }
  auto& file = files_[e.file];
  if (!file || e.what == kind::made) file = std::make_shared<content>();
  switch (e.what) {
    case kind::written:
      file->open.push_back({false, static_cast<std::size_t>(e.offset), e.data});
      break;
    case kind::truncated:
      file->open.push_back({true, static_cast<std::size_t>(e.offset), {}});
      break;
    case kind::synced:
      for (const change& c : file->open) {
        make(file->safe, c);
        cut_out(file->lost, c);
      }
      file->open.clear();
      file->entry_is_safe = true;
      if (e.folder) folder_is_safe();
      break;
    case kind::not_synced:
      std::move(file->open.begin(), file->open.end(), std::back_inserter(file->lost));
      file->open.clear();
      break;
    default:
      break;
  }
}

std::string disk_image::after_cut(const content& c, cut_kind kind, chance& decide) {
  std::string out = c.safe;
  std::vector<change> open = c.lost;
  open.insert(open.end(), c.open.begin(), c.open.end());
  if (open.empty() || kind == cut_kind::nothing) return out;
  const std::size_t n = open.size();
  const std::size_t some = decide.below(n + 1);
  const std::size_t first = kind == cut_kind::suffix ? n - some : 0;
  const std::size_t last = kind == cut_kind::prefix ? some : n;
  const std::uint64_t kept = 10 + decide.below(90);  // percent of the sectors
  for (std::size_t i = first; i < last; ++i) {
    change part = open[i];
    if (part.truncates) {
      if (kind != cut_kind::sectors || decide.percent(kept)) make(out, part);
      continue;
    }
    if (kind == cut_kind::prefix && i + 1 == last) {
      const std::size_t sectors = (part.data.size() + sector - 1) / sector;
      part.data.resize(std::min(part.data.size(), decide.below(sectors + 1) * sector));
    }
    if (kind != cut_kind::sectors) {
      if (!part.data.empty()) make(out, part);
      continue;
    }
    // A write may begin and end within a sector, which the disk writes as a whole.
    const std::size_t end = part.offset + part.data.size();
    for (std::size_t at = part.offset; at < end;) {
      const std::size_t next = std::min(end, (at / sector + 1) * sector);
      if (decide.percent(kept)) {
        make(out, {false, at, part.data.substr(at - part.offset, next - at)});
      }
      at = next;
    }
  }
  return out;
}

void disk_image::write(const std::string& folder, const std::string& prefix, cut_kind kind,
                       chance& decide) const {
  const auto ours = [&](const std::string& name) { return name.starts_with(prefix); };
  for (const auto& [name, file] : removed_) {
    const bool back =
        kind == cut_kind::nothing || (kind != cut_kind::everything && decide.percent(50));
    if (ours(name) && back) write_file(folder + '/' + name, after_cut(*file, kind, decide));
  }
  for (const auto& [name, file] : files_) {
    const bool there = file->entry_is_safe || kind == cut_kind::everything ||
                       (kind != cut_kind::nothing && decide.percent(50));
    if (ours(name) && there) write_file(folder + '/' + name, after_cut(*file, kind, decide));
  }
  for (const auto& [name, data] : beside_) {
    if (ours(name)) write_file(folder + '/' + name, data);
  }
}

}  // namespace hawser::crash
