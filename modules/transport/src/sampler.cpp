#include "isoscan/transport/sampler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "isoscan/core/error.hpp"

namespace isoscan::transport {

using core::Error;
using core::ErrorKind;

Sampler::Sampler(Rows rows, std::uint64_t seed, std::string stream, const std::vector<float>& weights)
    : Sampler(std::make_shared<const Rows>(std::move(rows)), seed, std::move(stream), weights) {}

Sampler::Sampler(std::shared_ptr<const Rows> rows, std::uint64_t seed, std::string stream,
                 const std::vector<float>& weights)
    : seed_(seed), stream_(std::move(stream)), random_(seed, stream_), rows_(std::move(rows)) {
  if (!rows_) throw Error(ErrorKind::Internal, "sampler " + stream_ + ": no rows given");
  require_usable(*rows_, "sampler " + stream_);
  require_weights(weights, rows_->count, "sampler " + stream_);
  dim_ = rows_->dim;
  if (!weights.empty()) {
    std::vector<double> sums(weights.size());
    double sum = 0.0;
    for (std::size_t i = 0; i < weights.size(); ++i) sums[i] = sum += static_cast<double>(weights[i]);
    cumulative_ = std::make_shared<const std::vector<double>>(std::move(sums));
  }
}

Sampler::Sampler(std::int64_t dim, Generator generator, std::uint64_t seed, std::string stream)
    : dim_(dim),
      seed_(seed),
      stream_(std::move(stream)),
      random_(seed, stream_),
      generator_(std::move(generator)) {
  if (dim_ < 1 || !generator_)
    throw Error(ErrorKind::Internal, "sampler " + stream_ + ": no columns or no generator");
}

Rows Sampler::draw(std::int64_t count) {
  Rows out(count, dim_);
  draw(out);
  return out;
}

void Sampler::draw(Rows& out) {
  if (generator_) {
    generator_(random_, out);
    require_usable(out, "generator " + stream_);
    return;
  }
  const auto total = static_cast<std::uint64_t>(rows_->count);
  const auto next_pick = [&] {
    if (!cumulative_) return static_cast<std::int64_t>(random_.below(total));
    // upper_bound never lands on a row of weight zero: its sum equals the one before it.
    const double u = random_.uniform() * cumulative_->back();
    const auto found = std::upper_bound(cumulative_->begin(), cumulative_->end(), u);
    return std::min<std::int64_t>(found - cumulative_->begin(), rows_->count - 1);
  };
  // Rows lie anywhere in memory: picked some ahead of their copy, they arrive side by side.
  constexpr std::int64_t kAhead = 32;
  std::array<std::int64_t, kAhead> picks{};
  for (std::int64_t first = 0; first < out.count; first += kAhead) {
    const std::int64_t number = std::min(kAhead, out.count - first);
    for (std::int64_t i = 0; i < number; ++i) {
      const std::int64_t pick = next_pick();
      picks[static_cast<std::size_t>(i)] = pick;
      __builtin_prefetch(rows_->row(pick));
    }
    for (std::int64_t i = 0; i < number; ++i)
      std::copy_n(rows_->row(picks[static_cast<std::size_t>(i)]), dim_, out.row(first + i));
  }
}

void require_independent(const Sampler& source, const Sampler& target) {
  core::Random a = source.random_;
  core::Random b = target.random_;
  bool same_numbers = true;
  for (int i = 0; i < 4; ++i) same_numbers = a() == b() && same_numbers;
  if (same_numbers || (source.seed_ == target.seed_ && source.stream_ == target.stream_))
    throw Error(ErrorKind::Config,
                "source and target batches would be drawn from one random stream (seed " +
                    std::to_string(source.seed_) + ", \"" + source.stream_ +
                    "\"): paired rows spoil the fit; give the samplers different stream names");
}

namespace {

constexpr std::int64_t kHeldOutShare = 10;  ///< one row in so many
constexpr std::int64_t kFewestRows = 4;

Rows taken(const Rows& rows, const std::int64_t* picks, std::int64_t count) {
  Rows result(count, rows.dim);
  for (std::int64_t i = 0; i < count; ++i) std::copy_n(rows.row(picks[i]), rows.dim, result.row(i));
  return result;
}

}  // namespace

HeldOut hold_out(const Sampler& sampler, int batches, std::int64_t rows) {
  const std::string stream = sampler.stream_ + ", held out";
  if (sampler.generator_) {
    HeldOut result{sampler, {}};
    Sampler fresh(sampler.dim_, sampler.generator_, sampler.seed_, stream);
    for (int b = 0; b < batches; ++b) result.batches.push_back(fresh.draw(rows));
    return result;
  }
  const std::vector<double>* sums = sampler.cumulative_.get();
  const auto weight = [&](std::int64_t i) {
    const auto k = static_cast<std::size_t>(i);
    return static_cast<float>((*sums)[k] - (i > 0 ? (*sums)[k - 1] : 0.0));
  };
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < sampler.rows_->count; ++i) {
    if (sums == nullptr || weight(i) > 0.0F) order.push_back(i);
  }
  core::Random random(sampler.seed_, stream);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  const auto usable = static_cast<std::int64_t>(order.size());
  const std::int64_t each = std::min(rows, usable / kHeldOutShare / batches);
  if (each < kFewestRows)
    throw Error(ErrorKind::Config, "sampler " + sampler.stream_ + " has " + std::to_string(usable) +
                                       " usable rows, and to hold some out it needs " +
                                       std::to_string(kFewestRows * kHeldOutShare * batches));
  const std::int64_t held = each * batches;
  const auto weights_of = [&](std::int64_t first, std::int64_t count) {
    std::vector<float> result;
    for (std::int64_t i = first; i < first + count && sums != nullptr; ++i)
      result.push_back(weight(order[static_cast<std::size_t>(i)]));
    return result;
  };
  HeldOut result{Sampler(taken(*sampler.rows_, order.data() + held, usable - held), sampler.seed_,
                         sampler.stream_, weights_of(held, usable - held)),
                 {}};
  result.rest.random_ = sampler.random_;
  for (std::int64_t first = 0; first < held; first += each) {
    Rows batch = taken(*sampler.rows_, order.data() + first, each);
    if (sums == nullptr) {
      result.batches.push_back(std::move(batch));
    } else {
      result.batches.push_back(
          Sampler(std::move(batch), random.seed(), stream, weights_of(first, each)).draw(each));
    }
  }
  return result;
}

}  // namespace isoscan::transport
