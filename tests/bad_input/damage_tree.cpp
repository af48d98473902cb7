#include <cstring>

#include <boost/filesystem.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "damage.hpp"

namespace isoscan::bad_input {

namespace fs = boost::filesystem;

namespace {

constexpr const char* kBroken = "too short";

void make_socket(const fs::path& folder) {
  const int made = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (folder / "socket.dcm").string();
  std::strncpy(address.sun_path, name.c_str(), sizeof address.sun_path - 1);
  (void)::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::close(made);
}

void make_deep(const fs::path& folder) {
  fs::path at = folder;
  for (int level = 0; level < 300; ++level) at /= "d";
  write(at / "deep.nii", good_nifti(2));
  write(folder / "good.nii", good_nifti(seed_of(folder)));
}

}  // namespace

Makers tree_damage() {
  const auto table = [](const std::string& text) -> Maker {
    return [text](const fs::path& folder) { write(folder / "scans.tsv", text); };
  };
  return {
      {"tree-link-loop", [](const fs::path& folder) { fs::create_symlink(".", folder / "again"); }},
      {"tree-dangling-link",
       [](const fs::path& folder) { fs::create_symlink("nowhere", folder / "lost.nii"); }},
      {"tree-fifo", [](const fs::path& folder) { ::mkfifo((folder / "pipe.nii").c_str(), 0644); }},
      {"tree-socket", make_socket},
      {"tree-device", [](const fs::path& folder) { fs::create_symlink("/dev/zero", folder / "zero.nii"); }},
      {"tree-deep", make_deep},
      {"tree-newline", [](const fs::path& folder) { write(folder / "new\nline/bad.nii", kBroken); }},
      {"tree-not-utf8", [](const fs::path& folder) { write(folder / "caf\xe9\xff.nii", kBroken); }},
      {"tree-unreadable-folder",
       [](const fs::path& folder) {
         write(folder / "secret/scan.nii", good_nifti(2));
         ::chmod((folder / "secret").c_str(), 0);
       }},
      {"tree-unreadable-file",
       [](const fs::path& folder) {
         write(folder / "secret.nii", good_nifti(2));
         ::chmod((folder / "secret.nii").c_str(), 0);
       }},
      {"table-dots",
       [](const fs::path& folder) {
         fs::rename(folder / "good.nii", folder / "elsewhere.nii");
         write(folder / "in/scans.tsv", "");
         write(folder / "scans.tsv", "path\tsubject\tsession\nin/../elsewhere.nii\t../../etc\t../1\n");
       }},
      {"table-fields", table("path\tsubject\ngood.nii\n")},
      {"table-binary", table(std::string("path\0\1\2\n", 8))},
      {"nothing", [](const fs::path&) {}},
  };
}

}  // namespace isoscan::bad_input
