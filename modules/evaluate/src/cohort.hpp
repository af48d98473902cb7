/// @file What all experiments do with people: prepare them, learn a reference and a site, and leave out whom
/// they cannot use.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "isoscan/core/error.hpp"
#include "isoscan/evaluate/table.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/harmonize/harmonize.hpp"

namespace isoscan::evaluate {

/// Even shares of the progress for the people of one role.
class PeopleShare {
 public:
  PeopleShare(const core::Context& context, double from, double to, std::size_t count);
  [[nodiscard]] core::Context next(const std::string& label);

 private:
  const core::Context& context_;
  double from_;
  double width_;
};

/// Whether one person's trouble is theirs alone; then it is noted in the table. @throws anything else again,
/// naming the person.
void note_or_throw(const core::Error& error, const std::string& id, OutcomeTable& table);

template <class Work>
void with_one(const std::string& id, OutcomeTable& table, const Work& work) {
  try {
    work();
  } catch (const core::Error& error) {
    note_or_throw(error, id, table);
  }
}

/// @throws Error(Input) naming the role and those left out.
void require_left(std::size_t count, std::size_t least, const std::string& role, const OutcomeTable& table);

/// @param spacing_mm of the isotropic working grid
[[nodiscard]] preprocess::Prepared prepared_scan(const Person& person, double spacing_mm,
                                                 const core::Context& context);

/// How the scans of one role come in: as they are, or seen through a virtual scanner.
using Prepare = std::function<preprocess::Prepared(const Person&, const core::Context&)>;

/// A package and, for methods that learn from them, the scans that it was made of.
struct LearnedReference {
  domain::ReferencePackage package;
  harmonize::ReferenceScans scans;
};

/// @throws Error(Input) where fewer than two are left.
[[nodiscard]] LearnedReference learn_reference(const std::vector<Person>& people, const Prepare& prepare,
                                               double spacing_mm, const harmonize::FitOptions& fit,
                                               OutcomeTable& table, const core::Context& context);

/// What is kept of a site's scans: twice, where a method among those that are judged looks at the receive
/// field in a way of its own.
class SiteScans {
 public:
  explicit SiteScans(const std::vector<harmonize::Method>& methods);
  void add(const preprocess::Prepared& scan, const domain::ReferencePackage& reference, double spacing_mm,
           const harmonize::FitOptions& fit, const core::Context& context);
  [[nodiscard]] const std::vector<domain::ScanSummary>& of(harmonize::Method method) const;

 private:
  bool restores_;
  std::vector<domain::ScanSummary> plain_;     ///< as the method that needs most of the others reads them
  std::vector<domain::ScanSummary> restored_;  ///< as "restore" reads them
};

/// One model a method, all from the same scans. @throws Error(Input) where nobody is left.
[[nodiscard]] std::vector<domain::SiteModel> learn_site(const std::vector<Person>& people,
                                                        const Prepare& prepare,
                                                        const LearnedReference& learned,
                                                        const std::vector<harmonize::Method>& methods,
                                                        const harmonize::FitOptions& fit, OutcomeTable& table,
                                                        const core::Context& context);

/// The scan with its image harmonized and its tissue classified again.
[[nodiscard]] preprocess::Prepared brought_over(const preprocess::Prepared& scan,
                                                const domain::SiteModel& model, const core::Context& context);

/// `spacing_mm`, or where it is 0 the smallest of 1, 1.25, 1.5, 2, 2.5, 3 mm that is no finer than the first
/// scan of each list. @throws Error(Config) where none is.
[[nodiscard]] double common_spacing(double spacing_mm, const std::vector<const std::vector<Person>*>& lists);

/// People in an order drawn by seed.
[[nodiscard]] std::vector<Person> shuffled(std::vector<Person> people, std::uint64_t seed,
                                           const std::string& stream);

/// Title parts and settings that all tables have.
void describe(OutcomeTable& table, const std::string& test, const std::vector<harmonize::Method>& methods,
              const harmonize::FitOptions& fit, double spacing_mm, std::uint64_t seed);

/// Adds the values of one person, or of one repeat, to the row of a method, which is made where it is new.
void add_values(OutcomeTable& table, const std::string& method,
                const std::map<std::string, std::optional<double>>& values);

}  // namespace isoscan::evaluate
