#include "keyed_labels.hpp"

#include "isoscan/core/digest.hpp"

namespace isoscan::io {

void key_labels(Found& found, std::string_view key) {
  if (key.empty()) return;
  constexpr std::size_t kDigits = 8;
  for (Candidate& c : found.candidates) {
    if (c.source.kind != SourceKind::DicomSeries || c.source.subject != "p" + c.person.substr(0, kDigits))
      continue;
    // `person` stays in io; keyed too, so that not even the order of visits and folders tells of the bare
    // digest.
    c.person = core::hmac_sha256(key, "isoscan subject\n" + c.person);
    c.source.subject = "p" + c.person.substr(0, kDigits);
  }
}

}  // namespace isoscan::io
