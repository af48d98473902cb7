#include "keyed_labels.hpp"

#include "isoscan/core/digest.hpp"

namespace isoscan::io {

namespace {

constexpr std::size_t kDigits = 8;

std::string keyed(const std::string& person, std::string_view key) {
  return core::hmac_sha256(key, "isoscan subject\n" + person);
}

}  // namespace

std::string dicom_label(const std::string& person, std::string_view key) {
  return "p" + (key.empty() ? person : keyed(person, key)).substr(0, kDigits);
}

void key_labels(Found& found, std::string_view key) {
  if (key.empty()) return;
  decltype(found.visits) visits;
  for (auto& [person, of_person] : found.visits) visits[keyed(person, key)] = std::move(of_person);
  found.visits = std::move(visits);
  for (Candidate& c : found.candidates) {
    if (c.source.kind != SourceKind::DicomSeries || c.source.subject != "p" + c.person.substr(0, kDigits))
      continue;
    // `person` stays in io; keyed too, so that not even the order of visits and folders tells of the bare
    // digest.
    c.person = keyed(c.person, key);
    c.source.subject = "p" + c.person.substr(0, kDigits);
  }
}

}  // namespace isoscan::io
