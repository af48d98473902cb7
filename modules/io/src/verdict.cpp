#include "verdict.hpp"

namespace isoscan::io {

Contrast contrast_of_late_echo(double echo_ms, const std::optional<double>& inversion_ms) {
  if (inversion_ms.value_or(0.0) > kFlairInversionMs) return Contrast::Flair;
  return echo_ms > kShortestT2EchoMs ? Contrast::T2w : Contrast::Other;
}

std::string several_volumes(std::int64_t volumes) {
  return "holds " + std::to_string(volumes) +
         " volumes: a series, not one anatomical scan (--first-volume takes the first)";
}

const char* suffix_of(Contrast contrast) {
  switch (contrast) {
    case Contrast::T1w:
      return "T1w";
    case Contrast::T2w:
      return "T2w";
    case Contrast::Flair:
      return "FLAIR";
    case Contrast::Other:
      break;
  }
  return "other";
}

const char* class_of(const Verdict& verdict) {
  const bool anatomical = verdict.contrast != Contrast::Other;
  const bool prevented =
      verdict.contrast == Contrast::T1w ? !verdict.reason.empty() : !verdict.no_volume.empty();
  return anatomical && prevented ? "unusable" : suffix_of(verdict.contrast);
}

}  // namespace isoscan::io
