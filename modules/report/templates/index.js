// The page of thousands: rows are data, and only those that are looked at become a table and figures.
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var table = document.getElementById("scans");
  document.documentElement.classList.add("js");
  var body = table.tBodies[0];
  var find = document.getElementById("find");
  var siteChoice = document.getElementById("site");
  var ratedChoice = document.getElementById("rated");
  var measureChoice = document.getElementById("measure");
  var extraHead = document.getElementById("extra");
  var shown = document.getElementById("shown");
  var boxes = document.querySelectorAll("input.choice");
  var kinds = ["failed", "refused", "passed", "harmonized"];
  var words = ["failed", "refused", "passed through", "harmonized"];
  var icons = {};
  document.querySelectorAll("label.chip").forEach(function (chip) { icons[chip.htmlFor.slice(2)] = chip.querySelector("svg"); });
  var columns = [];
  // Measures that some scan has a value of.
  var valued = data.columns.map(function (column, n) { return data.rows.some(function (row) { return known(row[8][n]); }); });
  data.columns.forEach(function (column, n) { if (column.table) columns.push(n); });
  var extra = null;  // a measure that a reader asked for
  var judged = new Map();
  var count = 100;
  var places = data.rows.map(function (row, n) { return n; });
  // Lines that were made once; the page came with the first ones.
  var lines = Array.from(body.rows);
  var texts = null, byName = null;

  function number(value) {
    if (value === 0) return "0";
    var size = Math.abs(value);
    var text = size >= 1e7 || size < 1e-4 ? value.toExponential(2) : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
    return text.replace("-", "\u2212");
  }
  function known(value) { return value !== null && value !== undefined; }
  // Beyond what is usual at the reference, on the side that is not good.
  function outside(n, row) {
    var range = figures.usual(data, n, row[1]), better = data.columns[n].better, value = row[8][n];
    if (!range || !known(value)) return "";
    return value < range[0] && better !== "lower" ? " ▼" : value > range[1] && better !== "higher" ? " ▲" : "";
  }
  function outsides(row) { return data.columns.filter(function (column, n) { return outside(n, row); }).length; }
  // Rows to their places in the order of names.
  function names() {
    if (!byName) {
      byName = new Map();
      sorting.order(data.rows.map(function (row) { return row[0]; }), false).forEach(function (n, place) { byName.set(data.rows[n], place); });
    }
    return byName;
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
  // As index_page.cpp writes it for readers without scripts.
  function line(row) {
    var made = document.createElement("tr");
    made.className = "v-" + kinds[row[2]];
    var picture = cell(made, undefined, "pic");
    if (row[6]) {
      var image = new Image(54, 68);
      image.loading = "lazy";
      image.alt = "";
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
    var beyond = outsides(row);
    cell(made, beyond, "num" + (beyond > 0 ? " out" : ""));
    columns.concat(extra === null ? [] : [extra]).forEach(function (n) {
      var value = row[8][n];
      if (!known(value)) { cell(made, "–", "num"); return; }
      var out = outside(n, row);
      cell(made, number(value) + out, "num" + (out ? " out" : ""));
    });
    cell(made, undefined, "rated");
    cell(made, data.reasons[row[4]], "why");
    return made;
  }
  function saySaid(made, row) {
    var verdicts = judged.get(row[0]) || [];
    made.cells[made.cells.length - 2].textContent =
      verdicts.map(function (entry) { return entry.rating + ((entry.output_sha256 || "") !== row[7] ? " (stale)" : ""); }).join(", ");
  }
  function matching() {
    var wanted = find.value.trim().toLowerCase();
    if (wanted && !texts) texts = data.rows.map(function (row) { return (row[0] + "\n" + data.sites[row[1]] + "\n" + words[row[2]] + "\n" + data.reasons[row[4]]).toLowerCase(); });
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
    body.replaceChildren.apply(body, found.slice(0, count).map(function (n) {
      if (!lines[n]) {
        lines[n] = line(data.rows[n]);
        saySaid(lines[n], data.rows[n]);
      }
      return lines[n];
    }));
    shown.textContent = found.length === data.rows.length ? "" : found.length + " of " + data.rows.length;
    more.hidden = found.length <= count;
    more.textContent = "Show more (" + Math.min(count, found.length) + " of " + found.length + " shown)";
  }
  body.addEventListener("error", function (event) { if (event.target.tagName === "IMG") event.target.remove(); }, true);

  var keys = [null, function (row) { return names().get(row); }, function (row) { return data.sites[row[1]]; }, function (row) { return row[2]; }, function (row) { return row[3]; }, outsides];
  columns.forEach(function (n) { keys.push(function (row) { return row[8][n]; }); });
  keys.push(function (row) { return extra === null ? null : row[8][extra]; }, stateOf);
  function sort(column, descending) {
    places = sorting.order(data.rows.map(keys[column]), descending);
    update();
  }
  sorting.heads(table, sort);
  var more = document.createElement("button");
  more.type = "button";
  more.className = "more";
  more.addEventListener("click", function () { count += 400; update(); });
  table.parentNode.parentNode.insertBefore(more, table.parentNode.nextSibling);
  data.sites.map(function (site, n) { return [site, n]; }).sort(function (a, b) { return sorting.compare(a[0], b[0]); })
    .forEach(function (entry) { siteChoice.add(new Option(entry[0] || "no site", entry[1])); });
  [find, siteChoice, ratedChoice].forEach(function (choice) { choice.addEventListener("input", update); });
  boxes.forEach(function (box) { box.addEventListener("change", update); });

  // Where the table is as wide as its frame the heads stay in sight; a wider one is scrolled.
  function fit() { table.parentNode.classList.toggle("fits", table.offsetWidth <= table.parentNode.clientWidth); }
  window.addEventListener("resize", fit);
  fit();
  // A further measure, of those that the table does not show: a column that is sorted like the others.
  data.columns.forEach(function (column, n) { if (!column.table && valued[n]) measureChoice.add(new Option(column.name, n)); });
  if (measureChoice.options.length < 2) measureChoice.parentNode.remove();
  function showMeasure() {
    extra = measureChoice.value === "" ? null : +measureChoice.value;
    lines = [];
    extraHead.hidden = extra === null;
    if (extra !== null) {
      extraHead.title = data.columns[extra].about;
      extraHead.querySelector("button").textContent = data.columns[extra].name;
      extraHead.querySelector("small").textContent = data.columns[extra].unit;
    }
    if (extraHead.hasAttribute("aria-sort")) sort(extraHead.cellIndex, extraHead.getAttribute("aria-sort") === "descending");
    else update();
    fit();
  }
  measureChoice.addEventListener("input", showMeasure);

  // Scans are gone through as the table stands.
  function keepOrder() { order.keep(matching().filter(function (n) { return data.rows[n][5]; }).map(function (n) { return [data.rows[n][0], data.rows[n][5], data.rows[n][7]]; })); }
  window.addEventListener("pagehide", keepOrder);
  body.addEventListener("click", function (event) { if (event.target.closest("a")) keepOrder(); });

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
  function loadRatings() {
    ratings.load(function (list, problem, agreement) {
      if (problem) { document.getElementById("rated-count").textContent = problem; return; }
      everyRating = list;
      judged.clear();
      ratings.latest(everyRating).forEach(function (entry) {
        if (!judged.has(entry.scan)) judged.set(entry.scan, []);
        judged.get(entry.scan).push(entry);
      });
      lines.forEach(function (made, n) { saySaid(made, data.rows[n]); });
      var rated = data.rows.filter(function (row) { return fresh(row).length; }).length;
      document.getElementById("rated-count").textContent = (rated ? rated + " of " + data.rows.length + " scans judged. " : "No scan judged yet. ") + ratings.words +
        (agreement && agreement.by_two ? " Two or more judged " + agreement.by_two + " scans and agree on " + agreement.agreed + (agreement.alpha === null ? "." : "; Krippendorff's alpha " + agreement.alpha.toFixed(2) + ".") : "");
      document.getElementById("download-ratings").disabled = !everyRating.length;
      update();
    });
  }
  loadRatings();
  // Judged meanwhile, on a scan's page or by somebody else.
  window.addEventListener("pageshow", function (event) { if (event.persisted) loadRatings(); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) loadRatings(); });

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
    if (!about.table) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "more";
      button.textContent = "Numbers in the table";
      button.setAttribute("aria-label", about.name + ": numbers in the table");
      button.addEventListener("click", function () {
        measureChoice.value = n;
        showMeasure();
        document.getElementById("table").scrollIntoView();
        extraHead.querySelector("button").focus();
      });
      caption.append(" ", button);
    }
    figure.appendChild(caption);
    figure.style.minHeight = 60 + 34 * Math.min(40, data.sites.length) + "px";
    return { figure: figure, column: n, about: about };
  });
  function draw(entry) {
    if (entry.done) return;
    entry.done = true;
    var svg = figures.strip(entry.column, entry.about, data, number, outside);
    if (svg) entry.figure.appendChild(svg);
    entry.figure.style.minHeight = "";
  }
  // One figure at a time, when the page has nothing better to do.
  var near = [], idle = window.requestIdleCallback || function (call) { return setTimeout(call, 30); };
  function drawNext() {
    var entry = near.shift();
    if (entry) draw(entry);
    if (near.length) idle(drawNext, { timeout: 500 });
  }
  if (strips) {
    var watch = new IntersectionObserver(function (seen) {
      var begun = near.length > 0;
      seen.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        watch.unobserve(entry.target);
        near.push(waiting.filter(function (each) { return each.figure === entry.target; })[0]);
      });
      if (!begun && near.length) idle(drawNext, { timeout: 500 });
    }, { rootMargin: "300px" });
    waiting.forEach(function (entry) {
      if (!valued[entry.column]) return;
      strips.appendChild(entry.figure);
      watch.observe(entry.figure);
    });
  }
  window.addEventListener("beforeprint", function () { waiting.forEach(draw); });
  drift(data, names);
})();
