/// @file Originals stay untouched: outputs never go where scans lie.
#pragma once

#include <boost/filesystem/path.hpp>

#include "isoscan/io/scan.hpp"

namespace isoscan::app {

/// What is written into a folder: only data sets have a place among scans, below a BIDS data set's
/// derivatives/.
enum class Output { DataSet, Dicom };

/// Before scans are looked for. @throws Error(Config) where `out` holds SCANS or lies among them.
void require_apart(const boost::filesystem::path& scans, const boost::filesystem::path& out,
                   Output kind = Output::DataSet);

/// The same for what SCANS only names: the files of a table, a DICOMDIR or a study.
/// @throws Error(Config) where a scan's file lies below `out`, or `out` in the folder that a study is of.
void require_apart(const io::ScanList& list, const boost::filesystem::path& scans,
                   const boost::filesystem::path& out, Output kind = Output::DataSet);

}  // namespace isoscan::app
