// The page of thousands: rows are data, and only those that are looked at become a table and figures.
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var table = document.getElementById("scans");
  document.documentElement.classList.add("js");
  var body = table.tBodies[0];
  var find = document.getElementById("find");
  var siteChoice = document.getElementById("site");
  var ratedChoice = document.getElementById("rated");
  var shown = document.getElementById("shown");
  var boxes = document.querySelectorAll("input.choice");
  var kinds = ["failed", "refused", "passed", "harmonized"];
  var words = ["failed", "refused", "passed through", "harmonized"];
  var icons = {};
  document.querySelectorAll("label.chip").forEach(function (chip) { icons[chip.htmlFor.slice(2)] = chip.querySelector("svg"); });
  var columns = [];
  data.columns.forEach(function (column, n) { if (column.table) columns.push(n); });
  var judged = new Map();
  var count = 100;
  var texts = data.rows.map(function (row) { return (row[0] + "\n" + data.sites[row[1]] + "\n" + words[row[2]] + "\n" + data.reasons[row[4]]).toLowerCase(); });
  var places = data.rows.map(function (row, n) { return n; });

  function number(value) {
    if (value === 0) return "0";
    var size = Math.abs(value);
    var text = size >= 1e7 || size < 1e-4 ? value.toExponential(2) : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
    return text.replace("-", "\u2212");
  }
  // Beyond what is usual at the reference, on the side that is not good.
  function outside(n, site, value) {
    var better = data.columns[n].better, range = usualRange(data, n, site);
    if (!range) return "";
    return value < range[0] && better !== "lower" ? " ▼" : value > range[1] && better !== "higher" ? " ▲" : "";
  }
  function cell(row, text, kind) {
    var made = row.insertCell();
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function named(parent, text) {
    var made = document.createElement("bdi");
    made.textContent = text;
    parent.appendChild(made);
  }
  function line(row) {
    var made = document.createElement("tr");
    made.className = "v-" + kinds[row[2]];
    var picture = cell(made, undefined, "pic");
    if (row[6]) {
      var image = new Image(54, 68);
      image.loading = "lazy";
      image.alt = "";
      image.addEventListener("error", function () { image.remove(); });
      image.src = row[6];
      picture.appendChild(image);
    }
    var id = cell(made, undefined, "id");
    if (row[5]) {
      var link = document.createElement("a");
      link.href = row[5];
      named(link, row[0]);
      id.appendChild(link);
    } else named(id, row[0]);
    named(cell(made), data.sites[row[1]]);
    var pill = document.createElement("span");
    pill.className = "pill";
    pill.appendChild(icons[kinds[row[2]]].cloneNode(true));
    pill.append(words[row[2]]);
    cell(made).appendChild(pill);
    cell(made, row[3], "num" + (row[3] > 0 ? " out" : ""));
    columns.forEach(function (n) {
      var value = row[8][n];
      if (value === null || value === undefined) { cell(made, "–", "num"); return; }
      var out = outside(n, row[1], value);
      cell(made, number(value) + out, "num" + (out ? " out" : ""));
    });
    var verdicts = judged.get(row[0]) || [];
    cell(made, verdicts.map(function (entry) { return entry.rating + ((entry.output_sha256 || "") !== row[7] ? " (stale)" : ""); }).join(", "), "rated");
    cell(made, data.reasons[row[4]], "why");
    return made;
  }
  function matching() {
    var wanted = find.value.trim().toLowerCase();
    var off = {};
    boxes.forEach(function (box) { if (!box.checked) off[box.id.slice(2)] = true; });
    return places.filter(function (n) {
      var row = data.rows[n];
      if (off[kinds[row[2]]] || (siteChoice.value !== "" && row[1] !== +siteChoice.value)) return false;
      if (ratedChoice.value && ratedChoice.value !== stateOf(row)) return false;
      return !wanted || texts[n].indexOf(wanted) >= 0;
    });
  }
  // What was said of the output that is there now; the rest is shown as stale and counts for nothing.
  function fresh(row) {
    return (judged.get(row[0]) || []).filter(function (entry) { return (entry.output_sha256 || "") === row[7]; });
  }
  function stateOf(row) {
    var verdicts = fresh(row);
    if (!verdicts.length) return "unrated";
    var kindsOf = new Set(verdicts.map(function (entry) { return entry.rating; }));
    return kindsOf.size > 1 ? "disagree" : verdicts[0].rating;
  }
  function update() {
    var found = matching();
    var rows = document.createDocumentFragment();
    found.slice(0, count).forEach(function (n) { rows.appendChild(line(data.rows[n])); });
    body.replaceChildren(rows);
    shown.textContent = found.length === data.rows.length ? "" : found.length + " of " + data.rows.length;
    more.hidden = found.length <= count;
    more.textContent = "Show more (" + Math.min(count, found.length) + " of " + found.length + " shown)";
  }
  var keys = [null, function (row) { return row[0]; }, function (row) { return data.sites[row[1]]; }, function (row) { return row[2]; }, function (row) { return row[3]; }];
  columns.forEach(function (n) { keys.push(function (row) { return row[8][n]; }); });
  keys.push(function (row) { return stateOf(row); });
  sorting.heads(table, function (column, descending) {
    places = sorting.order(data.rows.map(keys[column]), descending);
    update();
  });
  var more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  more.addEventListener("click", function () { count += 400; update(); });
  table.parentNode.parentNode.insertBefore(more, table.parentNode.nextSibling);
  data.sites.map(function (site, n) { return [site, n]; }).sort(function (a, b) { return sorting.compare(a[0], b[0]); })
    .forEach(function (entry) { siteChoice.add(new Option(entry[0] || "no site", entry[1])); });
  [find, siteChoice, ratedChoice].forEach(function (choice) { choice.addEventListener("input", update); });
  boxes.forEach(function (box) { box.addEventListener("change", update); });

  var everyRating = [];
  document.getElementById("download-ratings").addEventListener("click", function () { ratings.download(ratings.table(everyRating), "ratings.tsv"); });
  document.getElementById("download-excluded").addEventListener("click", function () {
    var text = "name\twhat\treason\n";
    data.rows.forEach(function (row) {
      if (row[2] < 2) text += [row[0], words[row[2]], data.reasons[row[4]]].map(ratings.field).join("\t") + "\n";
      fresh(row).forEach(function (entry) {
        if (entry.rating === "reject") text += [row[0], "rejected by " + entry.rater, (entry.artefacts || []).concat(entry.comment || []).join("; ")].map(ratings.field).join("\t") + "\n";
      });
    });
    ratings.download(text, "excluded_and_rejected.tsv");
  });
  ratings.load(function (list, problem, agreement) {
    everyRating = list || [];
    judged.clear();
    ratings.latest(everyRating).forEach(function (entry) {
      if (!judged.has(entry.scan)) judged.set(entry.scan, []);
      judged.get(entry.scan).push(entry);
    });
    var count = data.rows.filter(function (row) { return fresh(row).length; }).length;
    document.getElementById("rated-count").textContent = problem || (count ? count + " of " + data.rows.length + " scans judged. " : "No scan judged yet. ") + ratings.words +
      (agreement && agreement.by_two ? " Two or more judged " + agreement.by_two + " scans and agree on " + agreement.agreed + (agreement.alpha === null ? "." : "; Krippendorff's alpha " + agreement.alpha.toFixed(2) + ".") : "");
    document.getElementById("download-ratings").disabled = !everyRating.length;
    update();
  });

  var strips = document.getElementById("strips");
  var waiting = data.columns.map(function (about, n) {
    var figure = document.createElement("figure");
    figure.className = "strip";
    var caption = document.createElement("figcaption");
    var better = { higher: "higher is better", lower: "lower is better", near: "near the reference is better" }[about.better];
    caption.append(about.name + (about.unit ? " (" + about.unit + ")" : "") + " ");
    var small = document.createElement("small");
    small.textContent = about.about + (better ? " " + better[0].toUpperCase() + better.slice(1) + "." : "");
    caption.appendChild(small);
    figure.appendChild(caption);
    figure.style.minHeight = 60 + 34 * Math.min(40, data.sites.length) + "px";
    return { figure: figure, column: n, about: about };
  });
  function draw(entry) {
    if (entry.done) return;
    entry.done = true;
    var svg = strip(entry.column, entry.about, data, number);
    if (svg) entry.figure.appendChild(svg);
    entry.figure.style.minHeight = "";
  }
  if (strips) {
    var watch = new IntersectionObserver(function (seen) {
      seen.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        watch.unobserve(entry.target);
        draw(waiting.filter(function (each) { return each.figure === entry.target; })[0]);
      });
    }, { rootMargin: "300px" });
    waiting.forEach(function (entry) {
      // A measure that no scan has a value of has no figure.
      if (!data.rows.some(function (row) { return row[8][entry.column] !== null && row[8][entry.column] !== undefined; })) return;
      strips.appendChild(entry.figure);
      watch.observe(entry.figure);
    });
  }
  window.addEventListener("beforeprint", function () { waiting.forEach(draw); });
  drift(data);
})();
