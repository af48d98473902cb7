#include "isoscan/core/digest.hpp"
#include "isoscan/io/study.hpp"

namespace isoscan::io {

SetAside public_input(const SetAside& input, const std::string& pseudonym_key) {
  const auto ends = [&](const char* ending) { return input.name.size() > 4 && input.name.ends_with(ending); };
  if (ends(".nii") || ends(".nii.gz") || ends(".tsv")) return input;
  // Folders of DICOM often carry a person's name; the digest of the path tells inputs apart.
  SetAside shown = input;
  const std::string digest = pseudonym_key.empty()
                                 ? core::sha256(input.name)
                                 : core::hmac_sha256(pseudonym_key, "isoscan input\n" + input.name);
  shown.name = "input-" + digest.substr(0, 8);
  constexpr const char* kSame = "the same image as ";
  if (shown.reason.starts_with(kSame)) shown.reason = std::string(kSame) + "another input";
  return shown;
}

}  // namespace isoscan::io
