#include "review_server.hpp"

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include <boost/filesystem.hpp>
#include <httplib.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/report/mosaic.hpp"
#include "isoscan/report/ratings.hpp"
#include "isoscan/report/report_folder.hpp"

#include "link_requests.hpp"
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
// A browser keeps connections open, and each holds a thread until it ends: some browsers at once, and a
// prompt end.
constexpr std::size_t kThreads = 32;
constexpr std::time_t kIdleSeconds = 1;
constexpr std::size_t kMostUnused = 16;  ///< links that nobody opened yet; the oldest goes

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

/// Tells whether a file is the one that was read.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t size = -1;  ///< of a file that is not there
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return {};
  return {about.st_ino, about.st_size, about.st_mtim.tv_sec, about.st_mtim.tv_nsec};
}

/// The run as reports/index.json has it.
struct Run {
  Stamp stamp;
  report::RunReport report;
  std::map<std::string, report::PageUse> use;  ///< by scan
  std::map<std::string, std::string> outputs;  ///< digest by scan
};

std::shared_ptr<const Run> read(const fs::path& reports) {
  auto run = std::make_shared<Run>();
  run->stamp = stamp_of(reports / "index.json");
  run->report = report::read_run(reports);
  const std::vector<report::RunRow> rows = report::worst_first(run->report);
  for (std::size_t n = 0; n < rows.size(); ++n) {
    run->use[rows[n].id] = {true, n + 1 < rows.size() ? rows[n + 1].page : std::string(),
                            n > 0 ? rows[n - 1].page : std::string()};
    run->outputs[rows[n].id] = rows[n].output_sha256;
  }
  return run;
}

Json change_colours() {
  Json::Array palette;
  for (const report::Rgba& colour : report::change_palette())
    palette.emplace_back(Json::array(std::array<int, 3>{colour[0], colour[1], colour[2]}));
  return Json(std::move(palette));
}

class Review {
 public:
  explicit Review(const ReviewOptions& options)
      : options_(options),
        reports_(options.out / "reports"),
        ratings_(options.out / "ratings.tsv"),
        volumes_(options.out),
        run_(read(reports_)) {
    require_writable(ratings_);
    if (!upgrade_ratings_file(ratings_).empty()) std::cerr << torn_line_words(ratings_);
    (void)read_ratings_file(ratings_);  // what is wrong with it is said before anybody judges
  }

  int serve(const std::function<void(const std::string&)>& ready, std::stop_token stop) {
    httplib::Server server;
    server.set_payload_max_length(kLargestRequest);
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server.set_keep_alive_timeout(kIdleSeconds);
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
    const std::stop_callback stopping(stop, [&server] { server.stop(); });
    const LinkRequests requests([&] { ready(new_link()); });
    ready(new_link());
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
    if (!in_session(cookie_of(request, cookie_))) {
      refuse(response, 403,
             "no session: open a link that `isoscan review` printed; each works once, Enter there gives "
             "another");
      return false;
    }
    if (request.method != "GET" && request.method != "HEAD" &&
        request.get_header_value("Origin") != origin_) {
      refuse(response, 403, "foreign Origin");
      return false;
    }
    return true;
  }

  std::string new_link() {
    const std::scoped_lock lock(mutex_);
    if (tokens_.size() == kMostUnused) tokens_.erase(tokens_.begin());
    tokens_.push_back(secret());
    return origin_ + "/?token=" + tokens_.back();
  }

  bool in_session(const std::string& cookie) {
    const std::scoped_lock lock(mutex_);
    bool found = false;
    for (const std::string& session : sessions_) found = same(session, cookie) || found;
    return found;
  }

  /// A token works once: what stands in a history or a log is worth nothing.
  void exchange(const Request& request, Response& response) {
    const std::scoped_lock lock(mutex_);
    const std::string given = request.get_param_value("token");
    const auto token = std::find_if(tokens_.begin(), tokens_.end(),
                                    [&](const std::string& each) { return same(each, given); });
    if (token == tokens_.end()) {
      refuse(
          response, 403,
          "the link is wrong or was used before; Enter where `isoscan review` runs, or SIGUSR1, gives a new "
          "one");
      return;
    }
    tokens_.erase(token);
    sessions_.push_back(secret());
    response.set_header("Set-Cookie",
                        cookie_ + "=" + sessions_.back() + "; HttpOnly; SameSite=Strict; Path=/");
    response.set_redirect("/");
  }

  void routes(httplib::Server& server) {
    server.Get("/", [this](const Request&, Response& response) { page(response, index()); });
    server.Get("/favicon.ico", [](const Request&, Response& response) { response.status = 204; });
    server.Get("/index.html", [](const Request&, Response& response) { response.set_redirect("/"); });
    server.Get(R"(/([A-Za-z0-9_+-]+)\.html)", [this](const Request& request, Response& response) {
      const std::string id = request.matches[1];
      const std::shared_ptr<const Run> now = run();
      if (!known(*now, id, response)) return;
      page(response, report::scan_page(report::read_scan(reports_, id), now->use.at(id)));
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
      response.set_content(report::scans_table(run()->report), "text/tab-separated-values; charset=utf-8");
    });
    server.Get("/excluded.tsv", [this](const Request&, Response& response) {
      response.set_content(report::excluded_table(run()->report), "text/tab-separated-values; charset=utf-8");
    });
    server.Get("/ratings", [this](const Request& request, Response& response) {
      if (request.has_param("rater")) {
        answer_judged(request.get_param_value("rater"), response);
      } else {
        answer_ratings(request.get_param_value("scan"), response);
      }
    });
    server.Post("/ratings", [this](const Request& request, Response& response) { rate(request, response); });
    server.Get("/viewer.js", [this](const Request&, Response& response) {
      if (!has_viewer()) {
        refuse(response, 404, "the viewer is not installed");
        return;
      }
      send(response, core::read_file(options_.viewer), "text/javascript; charset=utf-8");
    });
    server.Get(R"(/volumes/([A-Za-z0-9_+-]+)/what)", [this](const Request& request, Response& response) {
      const std::string id = request.matches[1];
      if (!known(id, response)) return;
      const report::ScanRecord record = report::read_scan(reports_, id);
      const report::ScanReport& facts = record.facts;
      const bool made = !facts.provenance.output_sha256.empty();
      const double scale = record.figures ? record.figures->change_scale : 0.0;
      const std::string missing = has_viewer() && made ? volumes_.missing(facts) : std::string();
      response.set_content(
          Json(Json::Object{{"viewer", has_viewer()},
                            {"before", made && missing.empty()},
                            {"after", made},
                            {"change", made && missing.empty() && scale > 0.0},
                            {"change_scale", scale},
                            {"palette", change_colours()},
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

  /// The run as it is on the disk now: it may be run again while people judge.
  std::shared_ptr<const Run> run() {
    const std::scoped_lock lock(reading_);
    if (stamp_of(reports_ / "index.json") != run_->stamp) {
      run_ = read(reports_);
      index_.reset();
    }
    return run_;
  }

  /// The page of all scans, drawn once.
  std::string index() {
    const std::shared_ptr<const Run> now = run();
    const std::scoped_lock lock(reading_);
    if (now != run_) return report::index_page(now->report, true);  // another came meanwhile
    if (!index_) index_ = report::index_page(now->report, true);
    return *index_;
  }

  [[nodiscard]] bool known(const std::string& id, Response& response) { return known(*run(), id, response); }

  /// In this run, and its record is in this folder and no link out of it.
  [[nodiscard]] bool known(const Run& now, const std::string& id, Response& response) const {
    if (now.use.count(id) > 0 && core::lies_in(reports_ / (id + ".json"), reports_) &&
        core::lies_in(reports_ / "figures" / (id + ".json"), reports_))
      return true;
    refuse(response, 404, "there is no such scan in this run");
    return false;
  }

  static void page(Response& response, const std::string& html) {
    response.set_header("Content-Security-Policy", "frame-ancestors 'none'");  // the rest stands in the page
    send(response, html, "text/html; charset=utf-8");
  }

  /// As it is: set_content would compress it for each request, which takes a second for a page with pictures,
  /// and the way to a browser on the same machine none.
  static void send(Response& response, std::string text, const char* type) {
    const auto kept = std::make_shared<const std::string>(std::move(text));
    response.set_content_provider(kept->size(), type,
                                  [kept](std::size_t at, std::size_t length, httplib::DataSink& sink) {
                                    return sink.write(kept->data() + at, length);
                                  });
  }

  /// @param scan   of it alone; empty: all judgements, and how far they agree
  /// @param stale  what was just said is of an output that is no longer there
  void answer_ratings(const std::string& scan, Response& response, bool stale = false) {
    const std::vector<report::Rating> ratings = read_ratings_file(ratings_);
    Json::Array list;
    std::map<std::string, std::string> raters;
    for (const report::Rating& rating : ratings) {
      if (scan.empty() || rating.scan == scan) list.push_back(report::to_json(rating));
      raters.try_emplace(report::person_of(rating.rater), rating.rater);
    }
    Json::Array names;
    for (const auto& [person, rater] : raters) names.emplace_back(rater);
    Json::Object answer{
        {"ratings", Json(std::move(list))}, {"raters", Json(std::move(names))}, {"stale", stale}};
    if (scan.empty()) {
      const report::Agreement agreement = report::agreement(report::current(ratings, run()->outputs));
      answer["agreement"] = Json(Json::Object{{"raters", static_cast<std::int64_t>(agreement.raters)},
                                              {"scans", static_cast<std::int64_t>(agreement.scans)},
                                              {"by_two", static_cast<std::int64_t>(agreement.by_two)},
                                              {"agreed", static_cast<std::int64_t>(agreement.agreed)},
                                              {"alpha", agreement.alpha ? Json(*agreement.alpha) : Json()}});
    }
    response.set_content(Json(std::move(answer)).dump(), "application/json");
  }

  /// The scans whose output of now this person judged; anybody, where no name is given.
  void answer_judged(const std::string& rater, Response& response) {
    std::set<std::string> judged;
    for (const report::Rating& rating : report::current(read_ratings_file(ratings_), run()->outputs)) {
      if (rater.empty() || report::person_of(rating.rater) == report::person_of(rater))
        judged.insert(rating.scan);
    }
    Json::Array list(judged.begin(), judged.end());
    response.set_content(Json(Json::Object{{"judged", Json(std::move(list))}}).dump(), "application/json");
  }

  void rate(const Request& request, Response& response) {
    const report::Rating rating =
        report::rating_of(Json::parse(request.body, "the judgement", core::ErrorKind::Input), utc_now());
    if (!known(rating.scan, response)) return;
    {
      // Other servers wait for the file's lock, our own threads for their turn.
      const std::scoped_lock turn(appending_);
      const std::string torn = append_rating(ratings_, rating);
      if (!torn.empty()) std::cerr << torn_line_words(ratings_);
    }
    const auto now = run();
    const auto made = now->outputs.find(rating.scan);
    const bool stale = made != now->outputs.end() && made->second != rating.output_sha256;
    answer_ratings(rating.scan, response, stale);
  }

  const ReviewOptions options_;
  fs::path reports_;
  fs::path ratings_;
  ReviewVolumes volumes_;
  std::mutex reading_;  ///< of run_ and index_
  std::shared_ptr<const Run> run_;
  std::optional<std::string> index_;
  std::string origin_;
  std::string cookie_;  ///< name of a session's cookie
  std::mutex appending_;
  std::mutex mutex_;                   ///< of tokens_ and sessions_
  std::vector<std::string> tokens_;    ///< of links that nobody opened yet
  std::vector<std::string> sessions_;  ///< what tokens were exchanged for
};

}  // namespace

int serve_review(const ReviewOptions& options, const std::function<void(const std::string&)>& ready,
                 std::stop_token stop) {
  return Review(options).serve(ready, std::move(stop));
}

}  // namespace isoscan::app
