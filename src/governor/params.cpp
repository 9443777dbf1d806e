#include <hawser/core/text/utf8.hpp>
#include <hawser/governor/params.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace hawser::governor {

namespace {

bool is_token(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return c > ' ' && c <= '~'; });
}

bool refuse(outcome& out, std::string_view error, std::string_view parameter) {
  out.error = error;
  out.detail = {{"parameter", clipped(parameter)}};
  return false;
}

bool wrong_type(outcome& out, const param& p) {
  refuse(out, "wrong_type", p.name);
  out.detail.emplace_back("expected", std::string(to_string(p.type)));
  return false;
}

bool out_of_bounds(outcome& out, const param& p) {
  refuse(out, p.error, p.name);
  out.detail.emplace_back("least", p.least);
  out.detail.emplace_back("most", p.most);
  // Held numbers of a fixed parameter are told as what a caller writes.
  if (p.type == param_type::fixed) {
    out.detail[1].second = decimal{p.least, -p.places};
    out.detail[2].second = decimal{p.most, -p.places};
  }
  return false;
}

bool read_text(const param& p, const value& v, std::string_view& held, outcome& out) {
  const auto* s = std::get_if<std::string>(&v);
  if (!s) return wrong_type(out, p);
  const bool well_formed = p.type == param_type::token ? is_token(*s) : valid_utf8(as_bytes(*s));
  const auto size = static_cast<std::int64_t>(s->size());
  if (!well_formed || size < p.least || size > p.most) return out_of_bounds(out, p);
  held = *s;
  return true;
}

// 1.0 and 1e3 are integers, however they are written.
bool is_integer(decimal d) {
  for (; d.exponent < 0 && d.mantissa % 10 == 0 && d.mantissa != 0; ++d.exponent) d.mantissa /= 10;
  return d.exponent >= 0 || d.mantissa == 0;
}

bool read_number(const param& p, const value& v, std::int64_t& held, outcome& out) {
  const auto* n = std::get_if<std::int64_t>(&v);
  const auto* d = std::get_if<decimal>(&v);
  if (!n && !d) return wrong_type(out, p);
  const auto number = to_fixed(n ? decimal{*n, 0} : *d, p.places);
  if (!number && p.type == param_type::integer && !is_integer(*d)) return wrong_type(out, p);
  if (!number || *number < p.least || *number > p.most) return out_of_bounds(out, p);
  held = *number;
  return true;
}

}  // namespace

std::string_view to_string(param_type t) noexcept {
  switch (t) {
    case param_type::integer:
      return "integer";
    case param_type::fixed:
      return "decimal";
    case param_type::token:
      return "token";
    case param_type::text:
      break;
  }
  return "text";
}

bool arguments::read(const event_spec& spec, const fields& given, outcome& refusal) {
  spec_ = &spec;
  const std::span known(spec.params.data(), spec.count);
  std::array<bool, max_params> seen{};
  for (const auto& [name, given_value] : given) {
    const auto p = std::ranges::find(known, name, &param::name);
    if (p == known.end()) return refuse(refusal, "unknown_parameter", name);
    const auto i = static_cast<std::size_t>(p - known.begin());
    if (std::exchange(seen[i], true)) return refuse(refusal, "duplicate_parameter", name);
    const bool is_number = p->type == param_type::integer || p->type == param_type::fixed;
    if (is_number ? !read_number(*p, given_value, values_[i].number, refusal)
                  : !read_text(*p, given_value, values_[i].text, refusal)) {
      return false;
    }
  }
  for (std::size_t i = 0; i < spec.count; ++i) {
    if (seen[i]) continue;
    if (!known[i].optional) return refuse(refusal, "missing_parameter", known[i].name);
    values_[i].number = known[i].fallback;
  }
  return true;
}

const arguments::held& arguments::at(std::string_view name) const noexcept {
  assert(spec_);
  std::size_t i = 0;
  while (i < spec_->count && spec_->params[i].name != name) ++i;
  assert(i < spec_->count && "the event has no such parameter");
  return values_[i < spec_->count ? i : 0];
}

std::optional<std::int64_t> to_fixed(const decimal& d, int places) noexcept {
  std::int64_t held = d.mantissa;
  // Ends within 19 rounds: the mantissa has no more digits, and no more zeros can be added.
  for (std::int64_t shift = std::int64_t{d.exponent} + places; held != 0 && shift != 0;) {
    if (shift > 0) {
      if (__builtin_mul_overflow(held, 10, &held)) return std::nullopt;
      --shift;
    } else {
      if (held % 10 != 0) return std::nullopt;
      held /= 10;
      ++shift;
    }
  }
  return held;
}

std::string clipped(std::string_view from_outside) {
  return std::string(from_outside.substr(0, 64));
}

}  // namespace hawser::governor
