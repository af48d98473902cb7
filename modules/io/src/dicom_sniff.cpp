#include "dicom_sniff.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <boost/algorithm/string.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "isoscan/core/error.hpp"

namespace isoscan::io {

bool has_dicom_name(const boost::filesystem::path& file) {
  if (boost::iequals(file.filename().string(), "DICOMDIR")) return true;
  const std::string ending = boost::to_lower_copy(file.extension().string());
  return ending == ".dcm" || ending == ".ima";
}

bool looks_like_dicom(const boost::filesystem::path& file) {
  std::array<char, 132> head{};
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    throw core::Error(core::ErrorKind::Io,
                      file.string() + ": cannot be opened (" + std::strerror(errno) + ")");
  }
  const ssize_t read = ::read(descriptor, head.data(), head.size());
  ::close(descriptor);
  const auto got = static_cast<std::size_t>(std::max<ssize_t>(read, 0));
  if (got >= 132 && std::string_view(head.data() + 128, 4) == "DICM") return true;
  if (got < 16) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(head[at]); };
  const bool group = (byte(0) == 2 || byte(0) == 8) && byte(1) == 0 && byte(3) == 0;
  const bool group_big = byte(0) == 0 && (byte(1) == 2 || byte(1) == 8) && byte(2) == 0;
  const bool explicit_vr = std::isupper(byte(4)) != 0 && std::isupper(byte(5)) != 0;
  const bool short_length = byte(6) == 0 && byte(7) == 0 && byte(5) <= 1;
  return (group && (explicit_vr || short_length)) || (group_big && explicit_vr);
}

}  // namespace isoscan::io
