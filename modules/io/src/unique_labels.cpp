#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <boost/algorithm/string.hpp>

#include "isoscan/io/bids.hpp"

#include "bids_name.hpp"
#include "candidates.hpp"

namespace isoscan::io {

namespace {

/// `label` with the last `depth` folders of `where` in front.
std::string with_folders(const std::string& label, const std::string& where, std::size_t depth) {
  std::vector<std::string> parts;
  boost::split(parts, where, boost::is_any_of("/"));
  parts.pop_back();
  std::string prefix;
  for (std::size_t d = 0; d < depth && d < parts.size(); ++d)
    prefix = safe_label(parts[parts.size() - 1 - d]) + prefix;
  return prefix + label;
}

/// Two people with one label ("siteA/001", "siteB/001") get the names of their folders in front, else a
/// number behind.
void separate_people(std::vector<Candidate>& candidates) {
  std::map<std::string, std::map<std::string, std::string>> people;  // label -> person -> where
  std::set<std::string> taken;
  for (const Candidate& c : candidates) {
    people[c.source.subject].try_emplace(c.person, c.where);
    taken.insert(c.source.subject);
  }
  std::map<std::string, std::string> renamed;  // label + person -> label
  for (const auto& [label, persons] : people) {
    if (persons.size() < 2) continue;
    std::map<std::string, std::string> fresh;
    // Folders of DICOM may be named after people: labels stay free of them.
    const bool dicom =
        std::any_of(candidates.begin(), candidates.end(), [&, wanted = label](const Candidate& c) {
          return c.source.subject == wanted && c.source.kind == SourceKind::DicomSeries;
        });
    for (std::size_t depth = 1; !dicom && depth <= 8; ++depth) {
      fresh.clear();
      std::set<std::string> distinct;
      for (const auto& [person, where] : persons) {
        fresh[person] = with_folders(label, where, depth);
        if (taken.count(fresh[person]) == 0) distinct.insert(fresh[person]);
      }
      if (distinct.size() == persons.size()) break;
      fresh.clear();
    }
    int number = 1;
    for (const auto& [person, where] : persons) {
      std::string chosen = fresh.empty() ? label : fresh[person];
      if (fresh.empty() && person != persons.begin()->first) {
        do chosen = label + "x" + std::to_string(++number);
        while (taken.count(chosen) > 0);
      }
      taken.insert(chosen);
      renamed[label + '\n' + person] = chosen;
    }
  }
  for (Candidate& c : candidates) {
    const auto found = renamed.find(c.source.subject + '\n' + c.person);
    if (found != renamed.end()) c.source.subject = found->second;
  }
}

/// Visits without a label: 1, 2, ... in the order of their dates, where there is more than one.
void number_visits(Found& found) {
  auto visits = found.visits;
  for (const Candidate& c : found.candidates) {
    if (c.source.session.empty() && !c.visit.empty()) visits[c.person].insert(c.visit);
  }
  for (Candidate& c : found.candidates) {
    if (!c.source.session.empty() || c.visit.empty()) continue;
    const auto& of_person = visits[c.person];
    if (of_person.size() < 2) continue;
    c.source.session = std::to_string(std::distance(of_person.begin(), of_person.find(c.visit)) + 1);
  }
}

/// Several scans of one visit whose names say nothing else to tell them apart (acq, rec, ...) are kept apart
/// by runs; a run that a name gave is kept where it is the only one.
void number_runs(std::vector<Candidate>& candidates) {
  std::map<std::string, std::vector<Candidate*>> groups;
  for (Candidate& c : candidates) {
    ScanSource without_run = c.source;
    without_run.run.clear();
    groups[converted_path(without_run)].push_back(&c);  // where these differ, ids differ too
  }
  for (auto& [key, group] : groups) {
    if (group.size() < 2) continue;
    std::set<std::string> used;
    std::vector<Candidate*> waiting;
    const auto unnumbered =
        std::count_if(group.begin(), group.end(), [](const Candidate* c) { return c->source.run.empty(); });
    for (Candidate* c : group) {
      if (c->source.run.empty() && unnumbered == 1) continue;  // runs of others tell it apart
      if (c->source.run.empty() || !used.insert(c->source.run).second) waiting.push_back(c);
    }
    int next = 1;
    for (Candidate* c : waiting) {
      while (used.count(std::to_string(next)) > 0) ++next;
      c->source.run = std::to_string(next);
      used.insert(c->source.run);
    }
  }
}

}  // namespace

void give_labels(Found& found) {
  std::vector<Candidate>& candidates = found.candidates;
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.visit, a.order, a.where, a.source.series) <
           std::tie(b.visit, b.order, b.where, b.source.series);
  });
  separate_people(candidates);
  number_visits(found);
  number_runs(candidates);
  const auto key = [](const Candidate& c) {
    return std::tuple(c.source.id(), c.source.suffix, c.source.series);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
}

ScanList list_of(Found found) {
  ScanList list;
  for (Candidate& c : found.candidates) list.scans.push_back(std::move(c.source));
  list.tree = std::move(found.tree);
  list.set_aside = std::move(found.set_aside);
  list.warnings = std::move(found.warnings);
  std::sort(list.set_aside.begin(), list.set_aside.end(), [](const SetAside& a, const SetAside& b) {
    return std::tie(a.name, a.reason) < std::tie(b.name, b.reason);
  });
  return list;
}

}  // namespace isoscan::io
