"use strict";
// What people judged. A page that was opened as a file keeps it in the browser, to be downloaded as a table; server.js
// replaces load and add where `isoscan review` serves the page.
var ratings = (function () {
  var columns = ["time", "rater", "scan", "rating", "artefacts", "comment", "output_sha256", "boxes"];
  var folder = location.pathname.replace(/[^/]*$/, "");
  var place = "isoscan ratings of " + folder;

  function remember(name, value) {
    try { localStorage.setItem(name, value); } catch (error) { return "The browser keeps nothing here: download the table before you leave, or use `isoscan review`."; }
    return "";
  }
  function recall(name) {
    try { return localStorage.getItem(name); } catch (error) { return null; }
  }
  function all() {
    try {
      var list = JSON.parse(recall(place));
      return Array.isArray(list) ? list : [];
    } catch (error) { return []; }
  }
  function boxesText(list) {
    return (list || []).map(function (box) { return [box.artefact, box.plane, box.low.join(","), box.high.join(",")].join(":"); }).join(";");
  }
  function field(entry, column) {
    return column === "artefacts" ? (entry.artefacts || []).join(",") : column === "boxes" ? boxesText(entry.boxes) : entry[column] || "";
  }
  function flat(text) { return String(text).replace(/[\t\r\n]+/g, " ").trim(); }
  // Ann and ann are one person (ratings.cpp: person_of).
  function person(rater) { return rater.replace(/[A-Z]/g, function (letter) { return letter.toLowerCase(); }); }
  function of(list, scan) { return scan ? list.filter(function (entry) { return entry.scan === scan; }) : list; }
  // The last word of each rater on each scan, by time and then by place.
  function latest(list) {
    var last = new Map();
    list.forEach(function (entry) {
      var key = person(entry.rater) + "\t" + entry.scan, before = last.get(key);
      if (!before || entry.time >= before.time) last.set(key, entry);
    });
    return Array.from(last.values());
  }
  // One field of a table: spreadsheets run what begins like a formula (text.hpp: table_field).
  function tableField(text) { return flat(text).replace(/^(?=[=+\-@])/, "'"); }

  return {
    words: "Kept in this browser; download them here or on the page of all scans.",
    rater: function () { return recall("isoscan rater") || ""; },
    setRater: function (name) { remember("isoscan rater", flat(name)); },
    person: person,
    // done(judgements of this scan, or of all; problem; agreement; raters)
    load: function (done, scan) {
      var list = all();
      done(of(list, scan), "", null, Array.from(new Set(list.map(function (entry) { return entry.rater; }))));
    },
    add: function (entry, done) {
      var list = all();
      // A clock that was set back makes nothing older than what this person said before.
      entry.time = list.reduce(function (last, each) {
        return each.scan === entry.scan && person(each.rater) === person(entry.rater) && each.time > last ? each.time : last;
      }, new Date().toISOString().replace(/\.\d+Z$/, "Z"));
      list.push(entry);
      done(of(list, entry.scan), remember(place, JSON.stringify(list)));
    },
    // done(names of the scans whose output, as it is now, this rater judged, or anybody where no rater is named; problem)
    // @param outputs  digests by scan
    judged: function (rater, done, outputs) {
      done(latest(all()).filter(function (entry) {
        return (!rater || person(entry.rater) === person(rater)) && (outputs.get(entry.scan) === undefined || outputs.get(entry.scan) === (entry.output_sha256 || ""));
      }).map(function (entry) { return entry.scan; }), "");
    },
    field: tableField,
    latest: latest,
    table: function (list) {
      return columns.join("\t") + "\n" + list.map(function (entry) {
        return columns.map(function (column) { return tableField(field(entry, column)) || "n/a"; }).join("\t") + "\n";
      }).join("");
    },
    download: function (text, name) {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values" }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    }
  };
})();
