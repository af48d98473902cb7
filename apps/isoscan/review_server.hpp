/// @file The server of `isoscan review`: pages, judgements and volumes of one output folder, for this machine
/// alone.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include <boost/filesystem/path.hpp>

namespace isoscan::app {

struct ReviewOptions {
  boost::filesystem::path out;     ///< output folder of a run
  int port = 0;                    ///< 0: any that is free
  boost::filesystem::path viewer;  ///< niivue.umd.js; may be missing
};

/// Serves on 127.0.0.1 until it is stopped. Every request needs the right Host, and the cookie that the
/// one-time token of a link was exchanged for; what changes something needs the page's own Origin too.
/// Nothing but what a page asks for is served: names of scans are those of reports/index.json, which is read
/// again when it changes.
/// @param ready  gets a link with its token once the server listens, and another, from another thread,
/// whenever somebody asks (link_requests.hpp)
/// @returns 0  @throws Error(Io) where it cannot listen; Error(Io|Input) where OUT holds no report
int serve_review(const ReviewOptions& options, const std::function<void(const std::string& link)>& ready,
                 std::stop_token stop);

}  // namespace isoscan::app
