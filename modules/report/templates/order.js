"use strict";
// The order in which a reader goes through scans: the table of all scans as it was left in this tab, with its filters.
var order = (function () {
  var place = "isoscan order of " + location.pathname.replace(/[^/]*$/, "");
  function scans() {
    try {
      var list = JSON.parse(sessionStorage.getItem(place));
      return Array.isArray(list) ? list.filter(function (each) { return Array.isArray(each) && /^\.\/[^/?#:\\]+\.html$/.test(each[1]); }) : [];
    } catch (error) { return []; }
  }
  function here(list) {
    var page = "./" + location.pathname.split("/").pop();
    return list.findIndex(function (each) { return each[1] === page; });
  }
  return {
    // @param list  [name, link, digest of the output] of each scan
    keep: function (list) {
      try { sessionStorage.setItem(place, JSON.stringify(list)); } catch (error) { return; }
    },
    scans: scans,
    // The scans after this page's, then those before it.
    onwards: function () {
      var list = scans(), at = here(list);
      return list.slice(at + 1).concat(list.slice(0, Math.max(0, at)));
    },
    // "Next" and "Previous" of a scan's page follow that order; where its scan is not in it they stay worst first.
    follow: function () {
      var list = scans(), at = here(list), bar = document.querySelector(".top");
      if (at < 0) return;
      [["previous", list[at - 1], "Previous ", "P"], ["next", list[at + 1], "Next ", "N"]].forEach(function (way) {
        var link = document.getElementById(way[0]);
        if (link) link.remove();
        if (!way[1]) return;
        link = document.createElement("a");
        link.id = way[0];
        link.href = way[1][1];
        var key = document.createElement("kbd");
        key.textContent = way[3];
        link.append(way[2], key);
        bar.insertBefore(link, bar.querySelector(".ruo"));
      });
      var words = document.createElement("span");
      words.className = "soft";
      words.textContent = at + 1 + " of the table's " + list.length;
      bar.insertBefore(words, bar.querySelector(".ruo"));
    }
  };
})();
