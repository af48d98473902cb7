#include "review_server.hpp"

#include <array>
#include <iostream>
#include <map>
#include <mutex>
#include <vector>

#include <boost/filesystem.hpp>
#include <httplib.h>
#include <sys/random.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/report/ratings.hpp"
#include "isoscan/report/report_folder.hpp"

#include "ratings_file.hpp"
#include "review_volumes.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;
using httplib::Request;
using httplib::Response;

namespace {

constexpr const char* kAddress = "127.0.0.1";
constexpr const char* kCookie = "isoscan_review";
constexpr std::size_t kLargestRequest = 64 * 1024;

/// 128 bits that nobody can guess, in hexadecimal.
std::string secret() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw core::Error(core::ErrorKind::Io, "no random bytes can be had from this machine");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

/// Takes as long for every wrong guess.
bool same(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t n = 0; n < a.size(); ++n)
    different |= static_cast<unsigned char>(a[n]) ^ static_cast<unsigned char>(b[n]);
  return different == 0;
}

void refuse(Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(Json(Json::Object{{"error", why}}).dump(), "application/json");
}

/// @param name  cookies know no ports: it holds the port, so that servers side by side leave each other alone
std::string cookie_of(const Request& request, const std::string& name) {
  const std::string all = request.get_header_value("Cookie");
  const std::string key = name + "=";
  const std::size_t at = all.find(key);
  if (at == std::string::npos) return {};
  const std::size_t from = at + key.size();
  return all.substr(from, all.find(';', from) - from);
}

class Review {
 public:
  explicit Review(const ReviewOptions& options)
      : options_(options),
        reports_(options.out / "reports"),
        ratings_(options.out / "ratings.tsv"),
        volumes_(options.out),
        run_(report::read_run(reports_)) {
    const std::vector<report::RunRow> rows = report::worst_first(run_);
    for (std::size_t n = 0; n < rows.size(); ++n) {
      use_[rows[n].id] = {true, n + 1 < rows.size() ? rows[n + 1].page : std::string(),
                          n > 0 ? rows[n - 1].page : std::string()};
    }
    for (const report::RunRow& row : rows) outputs_[row.id] = row.output_sha256;
    require_writable(ratings_);
    upgrade_ratings_file(ratings_);
    (void)read_ratings_file(ratings_);  // what is wrong with it is said before anybody judges
  }

  int serve(const std::function<void(const std::string&)>& ready, std::stop_token stop) {
    httplib::Server server;
    server.set_payload_max_length(kLargestRequest);
    server.set_pre_routing_handler([this](const Request& request, Response& response) {
      return admitted(request, response) ? httplib::Server::HandlerResponse::Unhandled
                                         : httplib::Server::HandlerResponse::Handled;
    });
    server.set_exception_handler([](const Request&, Response& response, std::exception_ptr) {
      const core::Error error = core::current_error();
      refuse(response, error.kind() == core::ErrorKind::Input ? 400 : 500, error.what());
    });
    server.set_default_headers({{"X-Content-Type-Options", "nosniff"},
                                {"Referrer-Policy", "no-referrer"},
                                {"Cross-Origin-Resource-Policy", "same-origin"},
                                {"X-Frame-Options", "DENY"},
                                {"Cache-Control", "no-store"}});
    routes(server);
    const int port = options_.port == 0                             ? server.bind_to_any_port(kAddress)
                     : server.bind_to_port(kAddress, options_.port) ? options_.port
                                                                    : -1;
    if (port < 0)
      throw core::Error(core::ErrorKind::Io,
                        "port " + std::to_string(options_.port) +
                            " is taken; choose another --port, or none for any that is free");
    origin_ = "http://" + std::string(kAddress) + ":" + std::to_string(port);
    cookie_ = std::string(kCookie) + "_" + std::to_string(port);
    token_ = secret();
    const std::stop_callback stopping(stop, [&server] { server.stop(); });
    ready(origin_ + "/?token=" + token_);
    if (!stop.stop_requested() && !server.listen_after_bind())
      throw core::Error(core::ErrorKind::Io, "the server cannot listen on " + origin_);
    return 0;
  }

 private:
  /// Who asks: this machine's browser under our own name (a foreign name may have been pointed here), with
  /// the secret; for what changes something, a page of ours.
  bool admitted(const Request& request, Response& response) {
    if ("http://" + request.get_header_value("Host") != origin_) {
      refuse(response, 403, "wrong Host: open the link that `isoscan review` printed");
      return false;
    }
    if (request.method == "GET" && request.path == "/" && request.has_param("token")) {
      exchange(request, response);
      return false;
    }
    const std::string session = [&] {
      const std::scoped_lock lock(mutex_);
      return session_;
    }();
    if (session.empty() || !same(session, cookie_of(request, cookie_))) {
      refuse(response, 403, "no session: open the link that `isoscan review` printed; it works once");
      return false;
    }
    if (request.method != "GET" && request.method != "HEAD" &&
        request.get_header_value("Origin") != origin_) {
      refuse(response, 403, "foreign Origin");
      return false;
    }
    return true;
  }

  /// A token works once: what stands in a history or a log is worth nothing.
  void exchange(const Request& request, Response& response) {
    const std::scoped_lock lock(mutex_);
    if (token_.empty() || !same(request.get_param_value("token"), token_)) {
      refuse(response, 403,
             "the link is wrong or was used before; start `isoscan review` again for a new one");
      return;
    }
    token_.clear();
    session_ = secret();
    response.set_header("Set-Cookie", cookie_ + "=" + session_ + "; HttpOnly; SameSite=Strict; Path=/");
    response.set_redirect("/");
  }

  void routes(httplib::Server& server) {
    server.Get(
        "/", [this](const Request&, Response& response) { page(response, report::index_page(run_, true)); });
    server.Get("/favicon.ico", [](const Request&, Response& response) { response.status = 204; });
    server.Get("/index.html", [](const Request&, Response& response) { response.set_redirect("/"); });
    server.Get(R"(/([A-Za-z0-9_+-]+)\.html)", [this](const Request& request, Response& response) {
      const std::string id = request.matches[1];
      if (!known(id, response)) return;
      page(response, report::scan_page(report::read_scan(reports_, id), use_.at(id)));
    });
    server.Get(R"(/thumbnails/([A-Za-z0-9_+-]+)\.png)", [this](const Request& request, Response& response) {
      const std::string id = request.matches[1];
      if (!known(id, response)) return;
      const fs::path file = reports_ / "thumbnails" / (id + ".png");
      if (!core::lies_in(file, reports_) || !fs::is_regular_file(file)) {
        refuse(response, 404, "the scan has no picture");
        return;
      }
      response.set_content(core::read_file(file), "image/png");
    });
    server.Get("/scans.tsv", [this](const Request&, Response& response) {
      response.set_content(report::scans_table(run_), "text/tab-separated-values; charset=utf-8");
    });
    server.Get("/excluded.tsv", [this](const Request&, Response& response) {
      response.set_content(report::excluded_table(run_), "text/tab-separated-values; charset=utf-8");
    });
    server.Get("/ratings", [this](const Request&, Response& response) { answer_ratings(response); });
    server.Post("/ratings", [this](const Request& request, Response& response) { rate(request, response); });
    server.Get("/viewer.js", [this](const Request&, Response& response) {
      if (!has_viewer()) {
        refuse(response, 404, "the viewer is not installed");
        return;
      }
      response.set_content(core::read_file(options_.viewer), "text/javascript; charset=utf-8");
    });
    server.Get(R"(/volumes/([A-Za-z0-9_+-]+)/what)", [this](const Request& request, Response& response) {
      const std::string id = request.matches[1];
      if (!known(id, response)) return;
      const report::ScanReport facts = report::read_facts(reports_, id);
      const bool made = !facts.provenance.output_sha256.empty();
      const std::string missing = has_viewer() && made ? volumes_.missing(facts) : std::string();
      response.set_content(
          Json(Json::Object{{"viewer", has_viewer()},
                            {"before", made && missing.empty()},
                            {"after", made},
                            {"change", made && missing.empty()},
                            {"words", made ? missing : std::string("The scan has no output.")}})
              .dump(),
          "application/json");
    });
    server.Get(R"(/volumes/([A-Za-z0-9_+-]+)/(before|after|change)\.nii)",
               [this](const Request& request, Response& response) {
                 const std::string id = request.matches[1];
                 if (!known(id, response)) return;
                 response.set_content(volumes_.nifti(report::read_facts(reports_, id), request.matches[2]),
                                      "application/octet-stream");
               });
  }

  [[nodiscard]] bool has_viewer() const { return fs::is_regular_file(options_.viewer); }

  /// In this run, and its record is in this folder and no link out of it.
  [[nodiscard]] bool known(const std::string& id, Response& response) const {
    if (use_.count(id) > 0 && core::lies_in(reports_ / (id + ".json"), reports_) &&
        core::lies_in(reports_ / "figures" / (id + ".json"), reports_))
      return true;
    refuse(response, 404, "there is no such scan in this run");
    return false;
  }

  static void page(Response& response, const std::string& html) {
    response.set_header("Content-Security-Policy", "frame-ancestors 'none'");  // the rest stands in the page
    response.set_content(html, "text/html; charset=utf-8");
  }

  void answer_ratings(Response& response) const {
    const std::vector<report::Rating> ratings = read_ratings_file(ratings_);
    Json::Array list;
    for (const report::Rating& rating : ratings) list.push_back(report::to_json(rating));
    const report::Agreement agreement = report::agreement(report::current(ratings, outputs_));
    response.set_content(
        Json(Json::Object{{"ratings", Json(std::move(list))},
                          {"agreement",
                           Json(Json::Object{{"raters", static_cast<std::int64_t>(agreement.raters)},
                                             {"scans", static_cast<std::int64_t>(agreement.scans)},
                                             {"by_two", static_cast<std::int64_t>(agreement.by_two)},
                                             {"agreed", static_cast<std::int64_t>(agreement.agreed)},
                                             {"alpha", agreement.alpha ? Json(*agreement.alpha) : Json()}})}})
            .dump(),
        "application/json");
  }

  void rate(const Request& request, Response& response) {
    const report::Rating rating =
        report::rating_of(Json::parse(request.body, "the judgement", core::ErrorKind::Input), utc_now());
    if (!known(rating.scan, response)) return;
    {
      // Other servers wait for the file's lock, our own threads for their turn.
      const std::scoped_lock turn(appending_);
      const std::string torn = append_rating(ratings_, rating);
      if (!torn.empty())
        std::cerr << "a torn line of " << ratings_.string() << " was moved to ratings.tsv.torn\n";
    }
    answer_ratings(response);
  }

  const ReviewOptions options_;
  fs::path reports_;
  fs::path ratings_;
  ReviewVolumes volumes_;
  report::RunReport run_;
  std::map<std::string, report::PageUse> use_;  ///< by scan
  std::string origin_;
  std::string cookie_;                          ///< name of the session's cookie
  std::map<std::string, std::string> outputs_;  ///< digest by scan
  std::mutex appending_;
  std::mutex mutex_;     ///< of token_ and session_
  std::string token_;    ///< empty once it was used
  std::string session_;  ///< what it was exchanged for; empty until then
};

}  // namespace

int serve_review(const ReviewOptions& options, const std::function<void(const std::string&)>& ready,
                 std::stop_token stop) {
  return Review(options).serve(ready, std::move(stop));
}

}  // namespace isoscan::app
