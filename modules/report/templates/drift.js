// Scans of one site, as they came, against those that its map was learnt from: one dot a scan, in the order of names (a
// record holds no date). Only for sites whose map came from elsewhere.
function drift(data) {
  var NS = "http://www.w3.org/2000/svg";
  var siteChoice = document.getElementById("drift-site"), measureChoice = document.getElementById("drift-measure");
  var figure = document.getElementById("drift-figure"), words = document.getElementById("drift-words");
  if (!siteChoice) return;
  function make(name, attributes, parent, text) {
    var node = document.createElementNS(NS, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }
  function known(value) { return value !== null && value !== undefined; }
  function points(site, column) {
    var fit = data.fits[site], sd = fit && fit.sds[column];
    if (!fit || !known(fit.fitted[column]) || !(sd > 0)) return [];
    return data.rows.filter(function (row) { return row[1] === site && known(row[9][column]); }).map(function (row) {
      return { row: row, z: (row[9][column] - fit.fitted[column]) / sd };
    }).sort(function (a, b) { return sorting.compare(a.row[0], b.row[0]); });
  }
  function mean(list) { return list.reduce(function (sum, point) { return sum + point.z; }, 0) / list.length; }
  function measures() {
    var site = +siteChoice.value, list = [];
    data.columns.forEach(function (column, n) {
      var found = points(site, n);
      if (found.length) list.push([n, Math.abs(mean(found))]);
    });
    list.sort(function (a, b) { return b[1] - a[1]; });
    measureChoice.replaceChildren();
    list.forEach(function (entry) { measureChoice.add(new Option(data.columns[entry[0]].name, entry[0])); });
  }
  function draw() {
    figure.replaceChildren();
    var site = +siteChoice.value, list = measureChoice.value === "" ? [] : points(site, +measureChoice.value);
    if (!list.length) { words.textContent = "No measure of this site can be compared."; return; }
    var width = 1180, height = 240, left = 46, right = width - 10, top = 10, bottom = height - 26;
    var most = Math.max(3.5, Math.min(20, Math.max.apply(null, list.map(function (point) { return Math.abs(point.z); })) + 0.5));
    function y(z) { return (top + bottom) / 2 - (bottom - top) / 2 * Math.max(-1, Math.min(1, z / most)); }
    var svg = make("svg", { viewBox: "0 0 " + width + " " + height, width: width, height: height, role: "group", "aria-label": "Scans of the site against those that its map was learnt from, in the order of their names" }, figure);
    make("rect", { "class": "band", x: left, width: right - left, y: y(2).toFixed(1), height: (y(-2) - y(2)).toFixed(1) }, svg);
    [-most, -2, 0, 2, most].forEach(function (z) {
      make("line", { "class": z === 0 ? "axis" : "grid", x1: left, x2: right, y1: y(z).toFixed(1), y2: y(z).toFixed(1) }, svg);
      make("text", { "class": "lane", x: left - 6, y: (y(z) + 4).toFixed(1) }, svg, (z > 0 ? "+" : z < 0 ? "\u2212" : "") + Math.abs(z).toFixed(z % 1 ? 1 : 0));
    });
    make("text", { "class": "first", x: left, y: height - 6 }, svg, list[0].row[0]);
    if (list.length > 1) make("text", { "class": "lane", x: right, y: height - 6 }, svg, list[list.length - 1].row[0]);
    list.forEach(function (point, n) {
      var parent = point.row[5] ? make("a", { href: point.row[5], tabindex: "-1", "aria-hidden": "true" }, svg) : svg;
      var x = left + (right - left) * (n + 0.5) / list.length;
      var dot = make("circle", { "class": "d" + (Math.abs(point.z) > 2 ? " out" : ""), cx: x.toFixed(1), cy: y(point.z).toFixed(1), r: 4 }, parent);
      make("title", {}, dot, point.row[0] + ": " + point.z.toFixed(2) + " SD");
    });
    var beyond = list.filter(function (point) { return Math.abs(point.z) > 2; }).length;
    words.textContent = list.length + (list.length === 1 ? " scan: " : " scans: mean ") + mean(list).toFixed(2).replace("-", "\u2212") + " SD from the " + data.fits[site].scans +
      " that the map was learnt from; " + beyond + " beyond 2 SD (1 in 20 is usual).";
  }
  data.fits.forEach(function (fit, site) { if (fit && fit.scans && !fit.here) siteChoice.add(new Option(data.sites[site] || "no site", site)); });
  siteChoice.addEventListener("change", function () { measures(); draw(); });
  measureChoice.addEventListener("change", draw);
  measures();
  draw();
}
