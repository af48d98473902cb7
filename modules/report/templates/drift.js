"use strict";
// Scans of one site, as they came, against those that its map was learnt from: one dot a scan, in the order of names (a
// record holds no date). Only for sites whose map came from elsewhere. Nothing is counted before somebody comes near.
// @param places  of the rows in the order of their names
function drift(data, places) {
  var make = figures.make;
  var siteChoice = document.getElementById("drift-site"), measureChoice = document.getElementById("drift-measure");
  var figure = document.getElementById("drift-figure"), words = document.getElementById("drift-words");
  if (!siteChoice) return;
  var begun = false;
  function known(value) { return value !== null && value !== undefined; }
  function comparable(site, column) { return data.fits[site] && known(data.fits[site].fitted[column]) && data.fits[site].sds[column] > 0; }
  // Half the band that one further scan lies in by chance, in SDs; null where it is not known of how many people the SD is.
  function reach(site, column) { return known(data.fits[site].reach[column]) ? data.fits[site].reach[column] : null; }
  function z(row, site, column) { return (row[9][column] - data.fits[site].fitted[column]) / data.fits[site].sds[column]; }
  function mean(list) { return list.reduce(function (sum, value) { return sum + value; }, 0) / list.length; }
  function rowsOf(site, column) {
    return comparable(site, column) ? data.rows.filter(function (row) { return row[1] === site && known(row[9][column]); }) : [];
  }
  function measures() {
    var site = +siteChoice.value, list = [];
    data.columns.forEach(function (column, n) {
      var found = rowsOf(site, n);
      if (found.length) list.push([n, Math.abs(mean(found.map(function (row) { return z(row, site, n); })))]);
    });
    list.sort(function (a, b) { return b[1] - a[1]; });
    measureChoice.replaceChildren();
    list.forEach(function (entry) { measureChoice.add(new Option(data.columns[entry[0]].name, entry[0])); });
  }
  function draw() {
    figure.replaceChildren();
    var site = +siteChoice.value, column = measureChoice.value === "" ? -1 : +measureChoice.value;
    var order = places();
    var list = column < 0 ? [] : rowsOf(site, column).map(function (row) { return { row: row, z: z(row, site, column) }; })
      .sort(function (a, b) { return order.get(a.row) - order.get(b.row); });
    if (!list.length) { words.textContent = "No measure of this site can be compared."; return; }
    var usual = reach(site, column);
    function beyond(point) { return usual !== null && Math.abs(point.z) > usual; }
    var width = 1180, height = 240, left = 46, right = width - 10, top = 10, bottom = height - 26;
    var most = Math.max(3.5, usual === null ? 0 : Math.min(20, 1.2 * usual), Math.min(20, list.reduce(function (far, point) { return Math.max(far, Math.abs(point.z)); }, 0) + 0.5));
    function y(value) { return (top + bottom) / 2 - (bottom - top) / 2 * Math.max(-1, Math.min(1, value / most)); }
    var svg = make("svg", { viewBox: "0 0 " + width + " " + height, width: width, height: height, role: "group", "aria-label": "Scans of the site against those that its map was learnt from, in the order of their names" }, figure);
    if (usual !== null) make("rect", { "class": "band", x: left, width: right - left, y: y(usual).toFixed(1), height: (y(-usual) - y(usual)).toFixed(1) }, svg);
    (usual === null || usual >= most ? [-most, 0, most] : [-most, -usual, 0, usual, most]).forEach(function (value) {
      make("line", { "class": value === 0 ? "axis" : "grid", x1: left, x2: right, y1: y(value).toFixed(1), y2: y(value).toFixed(1) }, svg);
      make("text", { "class": "lane", x: left - 6, y: (y(value) + 4).toFixed(1) }, svg, (value > 0 ? "+" : value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(value % 1 ? 1 : 0));
    });
    make("text", { "class": "first", x: left, y: height - 6 }, svg, list[0].row[0]);
    if (list.length > 1) make("text", { "class": "lane", x: right, y: height - 6 }, svg, list[list.length - 1].row[0]);
    figures.dots(svg, list.map(function (point, n) {
      return { x: left + (right - left) * (n + 0.5) / list.length, y: y(point.z), row: point.row, out: beyond(point), words: point.row[0] + ": " + point.z.toFixed(2) + " SD" };
    }));
    var outside = list.filter(beyond).length;
    words.textContent = list.length + (list.length === 1 ? " scan: " : " scans: mean ") + mean(list.map(function (point) { return point.z; })).toFixed(2).replace("-", "\u2212") + " SD from the " + data.fits[site].learnt +
      " that the map was learnt from; " + (usual === null ? "how far a scan lies by chance is not known, as the record does not say of how many people the reference is." :
      outside + " beyond \u00b1" + usual.toFixed(2) + " SD, where " + (0.05 * list.length).toFixed(1) + " would lie by chance.");
  }
  data.fits.forEach(function (fit, site) { if (fit && fit.scans && !fit.here) siteChoice.add(new Option(data.sites[site] || "no site", site)); });
  siteChoice.addEventListener("change", function () { measures(); draw(); });
  measureChoice.addEventListener("change", draw);
  function begin() {
    if (begun) return;
    begun = true;
    watch.disconnect();
    measures();
    draw();
  }
  var watch = new IntersectionObserver(function (seen) { if (seen.some(function (entry) { return entry.isIntersecting; })) begin(); }, { rootMargin: "300px" });
  watch.observe(figure);
  window.addEventListener("beforeprint", begin);
}
