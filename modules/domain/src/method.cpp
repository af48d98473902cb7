#include "isoscan/domain/method.hpp"

#include "isoscan/core/error.hpp"

namespace isoscan::domain {

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
  std::string known;
  for (const Method method : kMethods) {
    if (name(method) == wanted) return method;
    known += (known.empty() ? "" : ", ") + std::string(name(method));
  }
  throw core::Error(core::ErrorKind::Config,
                    "unknown method \"" + std::string(wanted) + "\": choose one of " + known);
}

}  // namespace isoscan::domain
