/// @file The one exception of Isoscan. Expected absence is std::optional; trouble is core::Error.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace isoscan::core {

/// What kind of trouble, and so which exit status of the program (see exit_status).
enum class ErrorKind : std::uint8_t {
  Config,     ///< usage or configuration: exit 2
  Input,      ///< a file holds what cannot be used: exit 3
  Io,         ///< a file cannot be read or written: exit 4
  Geometry,   ///< grids that do not fit, unusable orientation: exit 3
  Numeric,    ///< a computation broke down: exit 6
  Resource,   ///< memory, disk or GPU: exit 5
  Cancelled,  ///< stopped by the user, safe to run again: exit 130
  Internal,   ///< our bug: exit 1
};

/// "input", "io", ...: the word used in status files and logs.
[[nodiscard]] std::string_view name(ErrorKind kind);
/// The exit status of the program for an error of this kind.
[[nodiscard]] int exit_status(ErrorKind kind);

/// One line that says what is wrong and, where there is one, the cure. Context is added on the way up:
/// `throw error.within("scan.nii.gz")` gives "scan.nii.gz: <message>".
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] Error within(const std::string& place) const { return {kind_, place + ": " + what()}; }

 private:
  ErrorKind kind_;
};

/// Any exception as an Error: bad_alloc becomes Resource, what is foreign becomes Internal. Call inside a
/// catch block.
[[nodiscard]] Error current_error();

}  // namespace isoscan::core
