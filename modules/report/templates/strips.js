// What is usual at the reference for a site: sites of other spacing have other ranges.
function usualRange(data, column, site) {
  var fit = data.fits[site];
  return (fit && fit.ranges[column]) || data.columns[column].range;
}
// Dots of one measure by site over the reference's range; each leads to its page. The table holds the same numbers.
function strip(column, about, data, words) {
  var NS = "http://www.w3.org/2000/svg";
  var width = 560, left = 150, right = 548, lane = 34, top = 6, mostLanes = 40;
  var values = [];
  data.rows.forEach(function (row) { if (row[8][column] !== null && row[8][column] !== undefined) values.push(row[8][column]); });
  if (!values.length) return null;
  var low = Math.min.apply(null, values), high = Math.max.apply(null, values);
  data.sites.forEach(function (name, site) {
    var range = usualRange(data, column, site);
    if (range) { low = Math.min(low, range[0]); high = Math.max(high, range[1]); }
  });
  if (!(high > low)) { low -= 0.5; high += 0.5; }
  function x(value) { return left + (right - left) * (value - low) / (high - low); }
  function make(name, attributes, parent, text) {
    var node = document.createElementNS(NS, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    if (parent) parent.appendChild(node);
    return node;
  }
  // A run over very many sites shares its last lane, so that the figure stays a figure.
  var lanes = Math.min(data.sites.length, mostLanes);
  var bottom = top + lane * lanes;
  var svg = make("svg", { viewBox: "0 0 " + width + " " + (bottom + 24), width: width, height: bottom + 24, role: "group", "aria-label": about.name + ": one dot a scan, by site; the table holds the same numbers" });
  for (var each = 0; each < lanes; each += 1) {
    var band = usualRange(data, column, each);
    if (band) make("rect", { "class": "band", x: x(band[0]).toFixed(1), y: top + lane * each, width: Math.max(1, x(band[1]) - x(band[0])).toFixed(1), height: lane }, svg);
  }
  make("line", { "class": "axis", x1: left, x2: right, y1: bottom, y2: bottom }, svg);
  [0, 0.25, 0.5, 0.75, 1].forEach(function (share) {
    var value = low + share * (high - low);
    make("line", { "class": "grid", x1: x(value), x2: x(value), y1: top, y2: bottom }, svg);
    make("text", { x: x(value), y: bottom + 16 }, svg, words(value));
  });
  for (var n = 0; n < lanes; n += 1) {
    var name = n === mostLanes - 1 && data.sites.length > mostLanes ? "further sites" : data.sites[n] || "no site";
    make("text", { "class": "lane", x: left - 8, y: top + lane * (n + 0.5) + 4 }, svg, name.length > 18 ? name.slice(0, 17) + "…" : name);
  }
  var kinds = ["failed", "refused", "passed", "harmonized"];
  var seen = new Array(lanes).fill(0);
  data.rows.forEach(function (row) {
    var value = row[8][column];
    if (value === null || value === undefined) return;
    var place = Math.min(row[1], lanes - 1);
    // Golden ratio: neighbours in order lie apart, and the same run gives the same figure.
    var offset = ((seen[place] * 0.618034) % 1 - 0.5) * (lane - 12);
    seen[place] += 1;
    var range = usualRange(data, column, row[1]);
    var out = range && ((value < range[0] && about.better !== "lower") || (value > range[1] && about.better !== "higher"));
    var parent = svg;
    if (row[5]) {
      parent = make("a", { href: row[5], tabindex: "-1", "aria-hidden": "true" }, svg);
    }
    var dot = make("circle", { "class": "d v-" + kinds[row[2]] + (out ? " out" : ""), cx: x(value).toFixed(1), cy: (top + lane * (place + 0.5) + offset).toFixed(1), r: 3.6 }, parent);
    make("title", {}, dot, row[0] + ": " + words(value));
  });
  return svg;
}
