(function () {
  var root = document.documentElement;
  root.classList.add("js");
  var before = document.getElementById("view-before");
  var after = document.getElementById("view-after");
  var flicker = document.getElementById("view-flicker");
  var reference = document.getElementById("view-reference");
  var contours = document.getElementById("contours");

  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    var on = event.target;
    // Space keeps its meaning where something else has it: buttons, links, folded parts, tick boxes.
    if (on.closest && on.closest("button, a, summary, textarea, select, input[type=checkbox], input[type=text], input[type=range], .rate input")) return;
    var key = event.key;
    // In a table that scrolls they scroll it.
    if ((key === " " || key.indexOf("Arrow") === 0) && on.closest && on.closest(".scroll")) return;
    if (contours && (key === "c" || key === "C")) {
      contours.checked = !contours.checked;
    } else if (reference && (key === "t" || key === "T")) {
      (reference.checked ? after || before : reference).checked = true;
    } else if (!after) {
      return;
    } else if (key === " ") {
      (after.checked ? before : after).checked = true;
    } else if (key === "ArrowLeft") {
      before.checked = true;
    } else if (key === "ArrowRight") {
      after.checked = true;
    } else if (key === "f" || key === "F") {
      (flicker.checked ? after : flicker).checked = true;
    } else {
      return;
    }
    event.preventDefault();
  });

  // Folded parts are printed too.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });

  var text = document.getElementById("methods-text");
  if (text) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy text";
    button.addEventListener("click", function () {
      var range = document.createRange();
      range.selectNodeContents(text);
      var selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      var done = false;
      try { done = document.execCommand("copy"); } catch (error) { done = false; }
      button.textContent = done ? "Copied" : "Selected: copy with Ctrl+C";
    });
    text.parentNode.parentNode.appendChild(button);
  }
})();
