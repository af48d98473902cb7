/// @file Originals stay untouched: outputs never go where scans lie.
#pragma once

#include <string>

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// What is written into a folder: only data sets have a place among scans, below a BIDS data set's
/// derivatives/, and work folders whose names begin with a dot, as scans are not looked for there.
enum class Output { DataSet, Dicom, Work };

/// Before scans are looked for. @throws Error(Config) where `out` holds SCANS or lies among them.
void require_apart(const boost::filesystem::path& scans, const boost::filesystem::path& out,
                   Output kind = Output::DataSet);

/// The same for what SCANS only names: the files of a table or a study.
/// @throws Error(Config) where a scan's file lies below `out`, where `out` lies in the folder that a study is
/// of or among the slices of a series, or a work folder beside a scan.
void require_apart(const io::ScanList& list, const boost::filesystem::path& scans,
                   const boost::filesystem::path& out, Output kind = Output::DataSet);

/// The one path of a folder or file, however it was typed: absolute, links followed as far as it is there.
[[nodiscard]] boost::filesystem::path place_of(const boost::filesystem::path& path);
/// The place of an output for the files of a folder: relative to it where the folder lies in the output, as
/// both may be moved, else absolute. An empty folder lies nowhere.
[[nodiscard]] std::string place_seen_from(const boost::filesystem::path& folder,
                                          const boost::filesystem::path& out);
/// A name for what a work folder keeps of one output, out of its place.
[[nodiscard]] std::string place_name(const boost::filesystem::path& work, const boost::filesystem::path& out);

}  // namespace isoscan::app
