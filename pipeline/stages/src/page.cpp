#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "isoscan/core/files.hpp"
#include "isoscan/core/tensor_file.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/engine/manifest.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/nifti.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/preprocess/typical_brain.hpp"
#include "isoscan/report/libraries.hpp"
#include "isoscan/report/scan_record.hpp"
#include "isoscan/stages/prepared_file.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"
#include "isoscan/transport/libraries.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

core::Volume over_white_matter(core::Volume volume, double white_matter) {
  for (float& v : volume.voxels) v = static_cast<float>(v / white_matter);
  return volume;
}

/// The reference's range of tissue histograms, as the report draws it.
std::optional<report::TissueBands> reference_bands(const domain::SiteModel& model) {
  const std::size_t expected = domain::kHistogramBins * core::kTissueCount;
  if (model.histogram_low.size() != expected || model.histogram_high.size() != expected) return std::nullopt;
  report::TissueBands bands;
  for (std::size_t t = 0; t < core::kTissueCount; ++t) {
    const auto part = [t](const std::vector<double>& all) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(t * domain::kHistogramBins);
      return std::vector<double>(first, first + static_cast<std::ptrdiff_t>(domain::kHistogramBins));
    };
    bands[t].bins = {0.0, domain::kHistogramHigh, static_cast<int>(domain::kHistogramBins)};
    bands[t].low = part(model.histogram_low);
    bands[t].high = part(model.histogram_high);
  }
  return bands;
}

std::string no_atlas(domain::Method method) {
  return method == domain::Method::Restore
             ? "the site's model holds no atlas of the reference: its package is of fewer than four people "
               "or "
               "of an earlier version, or the site was fitted without it"
             : "site models of the method '" + std::string(domain::name(method)) +
                   "' hold no atlas of the reference; those of 'restore' do";
}

/// A text that names its references in their order, "[1]", "[2]".
class Text {
 public:
  Text& operator<<(const std::string& words) {
    words_ += words;
    return *this;
  }
  /// The mark of a reference, which is listed from now on.
  Text& cite(const char* reference) {
    auto found = std::find(list_.begin(), list_.end(), reference);
    if (found == list_.end()) found = list_.insert(list_.end(), reference);
    words_ += "[" + std::to_string(found - list_.begin() + 1) + "]";
    return *this;
  }
  [[nodiscard]] const std::string& words() const { return words_; }
  [[nodiscard]] const std::vector<std::string>& references() const { return list_; }

 private:
  std::string words_;
  std::vector<std::string> list_;
};

constexpr const char* kWells =
    "Wells WM, Grimson WEL, Kikinis R, Jolesz FA. Adaptive Segmentation of MRI Data. IEEE Trans Med Imaging "
    "1996;15:429-442. doi 10.1109/42.511747.";
constexpr const char* kVanLeemput =
    "Van Leemput K, Maes F, Vandermeulen D, Suetens P. Automated Model-Based Bias Field Correction of MR "
    "Images of the Brain. IEEE Trans Med Imaging 1999;18:885-896. doi 10.1109/42.811268.";
constexpr const char* kHyperDomainNet =
    "Alanov A, Titov V, Vetrov D. HyperDomainNet: Universal Domain Adaptation for Generative Adversarial "
    "Networks. NeurIPS 2022. arXiv 2210.08884.";
constexpr const char* kFilm =
    "Perez E, Strub F, de Vries H, Dumoulin V, Courville A. FiLM: Visual Reasoning with a General "
    "Conditioning Layer. AAAI 2018. arXiv 1709.07871.";
constexpr const char* kIndirectInference =
    "Gourieroux C, Monfort A, Renault E. Indirect inference. J Appl Econometrics 1993;8:S85-S118. doi "
    "10.1002/jae.3950080507.";
constexpr const char* kEnot =
    "Buzun N, Bobrin M, Dylov DV. Expectile Regularization for Fast and Accurate Training of Neural Optimal "
    "Transport. NeurIPS 2024. arXiv 2403.03777.";
constexpr const char* kNyul =
    "Nyul LG, Udupa JK, Zhang X. New variants of a method of MRI scale standardization. IEEE Trans Med "
    "Imaging 2000;19:143-150. doi 10.1109/42.836373.";
constexpr const char* kPyramid =
    "Burt P, Adelson E. The Laplacian Pyramid as a Compact Image Code. IEEE Trans Commun 1983;31:532-540. "
    "doi 10.1109/TCOM.1983.1095851.";
constexpr const char* kMriqc =
    "Esteban O, Birman D, Schaer M, Koyejo OO, Poldrack RA, Gorgolewski KJ. MRIQC: Advancing the automatic "
    "prediction of image quality in MRI from unseen sites. PLoS ONE 2017;12:e0184661. doi "
    "10.1371/journal.pone.0184661.";

/// What every text begins with.
void begin(Text& text, const domain::SiteModel& model, int reference_people) {
  text << "T1-weighted scans were compared with a reference";
  if (reference_people > 0) text << " of " + std::to_string(reference_people) + " people";
  text << " with Isoscan " + pipeline::program_version() + " (" + transport::libraries() + "; seed " +
              std::to_string(model.seed) +
              "). Brain mask, receive field and tissue classes were estimated from each scan: the field as a "
              "smooth polynomial together with a mixture of tissues ";
  text.cite(kWells).cite(kVanLeemput) << "; intensities were scaled so that white matter is 1. ";
}

/// "6 scans", or "6 scans of 4 people" where sessions of one person are among them.
std::string scans_of(const domain::SiteModel& model) {
  const std::string scans = std::to_string(model.scans) + (model.scans == 1 ? " scan" : " scans");
  if (model.people == 0 || model.people == model.scans) return scans;
  return scans + " of " + std::to_string(model.people) + (model.people == 1 ? " person" : " people");
}

/// What every text ends with.
void end(Text& text) {
  text << " Image quality was measured by the definitions of MRIQC ";
  text.cite(kMriqc) << " where they apply, after bias correction.";
}

void add_bands(Text& text) {
  text << "After two passes of histogram matching, difference-of-Gaussian bands ";
  text.cite(kPyramid) << " were carried to the reference by ";
}

void add_restoration(Text& text, const domain::SiteModel& model) {
  const domain::Rung rung = domain::rung_of(model);
  text << (model.atlas.empty() ? "The receive field was estimated again with the reference in view. "
                               : "The receive field was fitted against an atlas of the reference's people. ");
  if (rung != domain::Rung::PerSite) {
    text << "One network that was taught many virtual scanners at the reference said voxel by voxel what the "
            "scan lacks; which scanner it is was told by statistics of the site's scans (contrast, fine "
            "structure, bands), which a hypernetwork ";
    text.cite(kHyperDomainNet) << " turns into scales and shifts of the network's channels ";
    text.cite(kFilm) << ". ";
  }
  const bool refined = rung == domain::Rung::Vector || rung == domain::Rung::Weights;
  if (rung != domain::Rung::ZeroShot) {
    text << "How the site's scanner differs (tissue contrast, point spread, noise) was estimated from its "
            "scans by indirect inference ";
    text.cite(kIndirectInference)
        << (refined
                ? "; scans of the reference were made as that scanner would have seen them; and " +
                      std::string(rung == domain::Rung::Vector ? "the site's code"
                                                               : "a copy of the network") +
                      " was refined on these pairs. "
                : "; scans of the reference were made as that scanner would have seen them; and a network "
                  "learnt on these pairs said voxel by voxel what the scan lacks. ");
  }
  if (rung == domain::Rung::Averaged)
    text << "The two answers were averaged, with weight " + Json(model.shared_share).dump() +
                " for the first. ";
}

Text methods_text(const domain::SiteModel& model, const Json& applied, double bound, int reference_people) {
  Text text;
  begin(text, model, reference_people);
  switch (model.method) {
    case domain::Method::None:
      text << "No intensity map was applied. ";
      break;
    case domain::Method::ZScore:
      text << "Mean and SD of the brain were set to the reference's. ";
      break;
    case domain::Method::Nyul:
      text << "Landmarks of the histogram were aligned ";
      text.cite(kNyul) << ". ";
      break;
    case domain::Method::HistogramMatch:
      text << "The brain's histogram was matched to the reference's. ";
      break;
    case domain::Method::TwoPassHistogramMatch:
      text << "The brain's histogram was matched to the reference's, the receive field estimated again, and "
              "matched again. ";
      break;
    case domain::Method::Gaussian:
      add_bands(text);
      text << "the closed-form optimal transport map between Gaussians. ";
      break;
    case domain::Method::Enot:
      add_bands(text);
      text << "an optimal transport map fitted with expectile regularisation (ENOT) ";
      text.cite(kEnot) << ". ";
      break;
    case domain::Method::Restore:
      add_restoration(text, model);
      break;
  }
  if (const Json& stated = applied.at("uncertainty"); !stated.is_null()) {
    text << "Its errors on " + stated.at("made_scans").dump() +
                " further made scans, by local spread, local brightness and depth in the brain, give each "
                "voxel a half-width that " +
                std::to_string(std::lround(100.0 * stated.at("coverage").as_number())) +
                " % of errors stay below. ";
  }
  std::array<char, 32> most{};
  std::snprintf(most.data(), most.size(), "%.2g", applied.at("max_change").as_number());
  text << "The map was learnt from " + scans_of(model) + " of the site at " + Json(model.spacing_mm).dump() +
              " mm. What it adds to a voxel after bias correction was bounded to " + Json(bound).dump() +
              " of white matter and written back on the scan's own grid; the most was " + most.data() + ".";
  end(text);
  return text;
}

Text passed_text(const domain::SiteModel& model, int reference_people) {
  Text text;
  begin(text, model, reference_people);
  const domain::Rung rung = domain::rung_of(model);
  if (rung != domain::Rung::PerSite && rung != domain::Rung::Averaged) {
    text << "Statistics of " + scans_of(model) + " of the site (contrast, fine structure, bands) lie " +
                Json(model.surprise).dump() +
                " from the reference's (Mahalanobis distance, in units of virtual sites), within what random "
                "parts of the reference's own people show against the rest (95 %). The scan was left as it "
                "is.";
  } else {
    text << "How the site's scanner differs from the reference (tissue contrast, point spread, noise) was "
            "estimated from " +
                scans_of(model) + " by indirect inference ";
    text.cite(kIndirectInference)
        << "; the largest difference was " + Json(model.surprise).dump() +
               " times its chance SD, within what random parts of the reference show against the rest (95 "
               "%). The scan was left as it is.";
  }
  end(text);
  return text;
}

/// Of how many people the reference is, as far as the model says.
int people_of_reference(const domain::SiteModel& model) {
  int people = model.plausibility.people;
  for (const auto& [name, range] : model.reference_ranges) people = std::max(people, range.scans);
  return people;
}

/// 5 % and 95 % in the brain of the field that is divided out, of its mean.
std::optional<report::Range> receive_field(const preprocess::Prepared& prepared) {
  std::vector<float> logs = core::values_in(prepared.log_bias, prepared.brain);
  if (logs.empty()) return std::nullopt;
  return report::Range{std::exp(core::quantile(logs, 0.05)), std::exp(core::quantile(logs, 0.95))};
}

}  // namespace

StagePtr page_stage(const RunOptions& options, const std::string& model_port) {
  const bool fitted_here = model_port.starts_with("fit-site/");
  // What people have of the site, and its digest.
  const std::string file_port = fitted_here ? "fit-site/site.isosite" : "shared/site";
  pipeline::StageSpec spec;
  spec.name = "page";
  spec.version = 8;  // of how many people the site's scans are
  spec.libraries =
      report::libraries() + ", " + io::libraries() + ", " + transport::libraries() + ", " + core::software();
  spec.inputs = {"source/scan",
                 "source/label",
                 "prepare/prepared.safetensors",
                 "apply/harmonized.nii.gz",
                 "apply/change.nii.gz",
                 "apply/uncertainty.nii.gz",
                 "apply/apply.json",
                 "measure/measures.json",
                 model_port,
                 file_port};
  spec.outputs = {"page.html", "facts.json", "figures.json", "thumbnail.png"};
  spec.needs = {1, 2000, 0, 3.0};
  const double bound = options.write_back.bound;
  return make_stage(
      spec, Json(Json::Object{{"bound", bound}}),
      [bound, model_port, file_port, fitted_here](const pipeline::StageIo& io, const core::Context& context) {
        const pipeline::InputItem& source = io.items("source/scan").at(0);
        const Json label = Json::parse(io.text("source/label"), "label");
        io::LoadedScan native = io::read_scan(scan_at(source));
        auto prepared = prepared_scan(core::read_tensor_file(io.file("prepare/prepared.safetensors")));
        const auto model = domain::load_site(io.file(model_port));
        const Json applied = config::read_json(io.file("apply/apply.json"));
        const Json measured = config::read_json(io.file("measure/measures.json"));

        report::ScanReport record;
        record.id = label.at("id").as_string();
        const bool passes = applied.at("passed_through").as_bool();
        record.verdict = passes ? report::Verdict::PassedThrough : report::Verdict::Harmonized;
        report::ScanImages images;
        images.before = over_white_matter(std::move(native.volume), prepared.white_matter);
        images.after = over_white_matter(io::read_nifti(io.file("apply/harmonized.nii.gz")).volume,
                                         applied.at("white_matter").as_number());
        images.change = io::read_nifti(io.file("apply/change.nii.gz")).volume;
        if (const Json& stated = applied.at("uncertainty"); !stated.is_null()) {
          images.half_width = over_white_matter(io::read_nifti(io.file("apply/uncertainty.nii.gz")).volume,
                                                applied.at("white_matter").as_number());
          images.coverage = stated.at("coverage").as_number();
        }
        if (!passes) images.receive_field = receive_field(prepared);
        images.brain = std::move(prepared.brain);
        images.tissue = std::move(prepared.tissue);
        images.bound = bound;
        images.reference_bands = reference_bands(model);
        if (model.atlas.empty()) {
          images.reference_like_missing = no_atlas(model.method);
        } else {
          images.reference_like = preprocess::typical_brain(model.atlas, images.brain);
          images.reference_people = model.atlas.people;
        }
        record.images = std::move(images);
        for (const Json& measure : measured.at("measures").items())
          record.measures.push_back(report::measure_of(measure));
        for (const Json& warning : measured.at("warnings").items())
          record.warnings.push_back(warning.as_string());
        if (const Json* of_list = label.find("warnings"); of_list != nullptr) {
          for (const Json& warning : of_list->items()) record.warnings.push_back(warning.as_string());
        }
        record.reason =
            (passes ? std::string("Left as it is: the site differs from the reference no more than parts of "
                                  "the reference differ from the rest of it. ")
                    : "Carried to the reference with the method '" + std::string(domain::name(model.method)) +
                          "'. ") +
            report::outside_words(record.measures);

        auto& from = record.provenance;
        from.pseudonym = record.id;
        from.site = label.at("site").as_string();
        from.site_scans = model.scans;
        from.site_people = model.people;
        from.learnt_here = fitted_here;
        from.reference_scans = people_of_reference(model);
        from.input_sha256 = source.digest;
        from.output_sha256 = io.items("apply/harmonized.nii.gz").at(0).digest;
        from.models = {{"site model", io.items(file_port).at(0).digest},
                       {"reference package", model.reference_digest}};
        from.versions = {{"isoscan", pipeline::program_version()},
                         {"maps", transport::libraries()},
                         {"files", io::libraries()}};
        from.method = std::string(domain::name(model.method));
        from.options = Json(Json::Object{{"bound", bound}, {"working_spacing_mm", model.spacing_mm}}).dump();
        from.seed = model.seed;
        from.white_matter_before = prepared.white_matter;
        from.white_matter_after = applied.at("white_matter").as_number();
        from.more = {{"stored as", native.stored_as}};
        for (const std::string& note : native.notes) from.more.emplace_back("reading", note);
        const Json about = Json::parse(source.text, "scan");
        for (const auto& [key, value] : about.at("acquisition").members()) {
          from.more.emplace_back(key, value.is_string() ? value.as_string() : value.dump());
        }
        const Text text = passes ? passed_text(model, from.reference_scans)
                                 : methods_text(model, applied, bound, from.reference_scans);
        record.methods_text = text.words();
        record.citations = text.references();

        context.check_stop();
        const report::ScanRecord kept = report::scan_record(std::move(record));
        core::write_file(io.output("page.html"), report::scan_page(kept));
        core::write_file(io.output("facts.json"), report::facts_json(kept.facts).dump_pretty());
        core::write_file(io.output("figures.json"), report::figures_json(*kept.figures).dump());
        core::write_file(io.output("thumbnail.png"), kept.figures->thumbnail_png);
      });
}

}  // namespace isoscan::stages
