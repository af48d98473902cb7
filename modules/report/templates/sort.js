"use strict";
// The heads of a table that have data-sort="text" or "number" become buttons; `chosen(column, descending)` puts rows in order.
var sorting = (function () {
  var collator = new Intl.Collator(undefined, { numeric: true });

  function none(key) { return key === null || key === undefined || key !== key; }
  return {
    // Places 0, 1, ... in the order of their keys, numbers or texts. What has no key stays below, whichever way one sorts.
    order: function (keys, descending) {
      return keys.map(function (key, n) { return n; }).sort(function (a, b) {
        var left = keys[a], right = keys[b];
        if (none(left) || none(right)) return (none(left) ? 1 : 0) - (none(right) ? 1 : 0) || a - b;
        var way = typeof left === "number" ? left - right : collator.compare(left, right);
        return (descending ? -way : way) || a - b;
      });
    },
    compare: collator.compare,
    heads: function (table, chosen) {
      var heads = table.tHead.rows[0].cells;
      Array.prototype.forEach.call(heads, function (head, column) {
        if (!head.dataset.sort) return;
        var label = head.querySelector(".head");
        var button = document.createElement("button");
        button.type = "button";
        button.textContent = label.textContent;
        label.replaceWith(button);
        button.addEventListener("click", function () {
          var descending = head.getAttribute("aria-sort") === "ascending";
          Array.prototype.forEach.call(heads, function (other) { other.removeAttribute("aria-sort"); });
          head.setAttribute("aria-sort", descending ? "descending" : "ascending");
          chosen(column, descending);
        });
      });
    }
  };
})();
