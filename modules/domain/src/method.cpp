#include "isoscan/domain/method.hpp"

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

namespace {

template <typename Word, std::size_t kCount>
Word named(std::string_view wanted, const std::array<Word, kCount>& all, const char* what) {
  std::string known;
  for (const Word word : all) {
    if (name(word) == wanted) return word;
    known += (known.empty() ? "" : ", ") + std::string(name(word));
  }
  throw core::Error(core::ErrorKind::Config, std::string("unknown ") + what + " \"" + std::string(wanted) +
                                                 "\": choose one of " + known);
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::None:
      return "none";
    case Method::ZScore:
      return "zscore";
    case Method::Nyul:
      return "nyul";
    case Method::HistogramMatch:
      return "histogram";
    case Method::TwoPassHistogramMatch:
      return "two-pass";
    case Method::Gaussian:
      return "gaussian";
    case Method::Enot:
      return "enot";
    case Method::Restore:
      return "restore";
  }
  return "unknown";
}

Method method_named(std::string_view wanted) {
  return named(wanted, kMethods, "method");
}

std::string_view name(Rung rung) {
  switch (rung) {
    case Rung::ZeroShot:
      return "zero-shot";
    case Rung::PerSite:
      return "per-site";
    case Rung::Averaged:
      return "averaged";
    case Rung::Vector:
      return "vector";
    case Rung::Weights:
      return "weights";
    case Rung::Ladder:
      return "ladder";
  }
  return "unknown";
}

Rung rung_named(std::string_view wanted) {
  return named(wanted, kRungs, "rung");
}

}  // namespace isoscan::domain
