// The panel in which a person judges this scan. Every change is kept at once; A, R and U judge, N and P go on and back.
(function () {
  var panel = document.getElementById("rate");
  if (!panel) return;
  var scan = panel.dataset.scan;
  var choices = panel.querySelectorAll("input[name=rating]");
  var artefacts = panel.querySelectorAll("input[name=artefact]");
  var comment = document.getElementById("comment");
  var rater = document.getElementById("rater");
  var saved = document.getElementById("saved");
  var asked = 0, lost = false, then = null;  // requests without an answer; the last was refused; where to go after
  var others = document.getElementById("judgements");
  document.getElementById("kept-where").textContent = ratings.words;
  rater.value = ratings.rater();

  function chosen() {
    var found = "";
    choices.forEach(function (choice) { if (choice.checked) found = choice.value; });
    return found;
  }
  function show(list) {
    var ours = ratings.latest(list).filter(function (entry) { return entry.scan === scan; });
    others.textContent = "";
    ours.forEach(function (entry) {
      var line = document.createElement("li");
      var stale = (entry.output_sha256 || "") !== panel.dataset.sha256;
      line.textContent = entry.rater + ": " + entry.rating + (entry.artefacts && entry.artefacts.length ? " (" + entry.artefacts.join(", ") + ")" : "") +
        (entry.boxes && entry.boxes.length ? ", " + entry.boxes.length + (entry.boxes.length === 1 ? " box" : " boxes") : "") +
        (entry.comment ? ": " + entry.comment : "") + ", " + entry.time + (stale ? ". Of an earlier output: judge again" : "");
      others.appendChild(line);
    });
    var said = ours.filter(function (entry) { return (entry.output_sha256 || "") === panel.dataset.sha256; });
    var words = new Set(said.map(function (entry) { return entry.rating; }));
    document.getElementById("agreement").textContent = said.length < 2 ? "" :
      words.size === 1 ? "All " + said.length + " raters agree." : "The raters do not agree.";
    return ours;
  }
  function fill(ours) {
    var mine = ours.filter(function (entry) { return entry.rater === rater.value; })[0];
    choices.forEach(function (choice) { choice.checked = !!mine && mine.rating === choice.value; });
    artefacts.forEach(function (box) { box.checked = !!mine && (mine.artefacts || []).indexOf(box.value) >= 0; });
    boxes.set(mine ? mine.boxes : []);
    comment.value = mine ? mine.comment || "" : "";
  }
  function keep() {
    if (!chosen()) { saved.textContent = "Choose accept, reject or unsure: nothing is kept yet."; return; }
    if (!rater.value.trim()) { saved.textContent = "NOT KEPT: write who judges."; lost = true; rater.focus(); return; }
    ratings.setRater(rater.value);
    saved.textContent = "Keeping…";
    asked += 1;
    ratings.add({
      rater: rater.value.trim(), scan: scan, rating: chosen(), comment: comment.value,
      artefacts: Array.from(artefacts).filter(function (box) { return box.checked; }).map(function (box) { return box.value; }),
      boxes: boxes.list(), output_sha256: panel.dataset.sha256
    }, function (list, problem) {
      asked -= 1;
      lost = !!problem;
      saved.textContent = problem || "Kept: " + chosen() + ".";
      saved.classList.toggle("bad", !!problem);
      if (list) show(list);
      if (problem) then = null;
      else if (then && !asked) then.click();
    });
  }
  // Whoever leaves waits until the judgement is on the disk, and is told where it is not.
  function leave(link) {
    if (asked) {
      then = link;
      saved.textContent = "Keeping…, then on.";
    } else if (lost) {
      lost = false;
      saved.textContent += " Once more leaves without it.";
    } else link.click();
  }
  document.querySelectorAll(".top a").forEach(function (link) {
    link.addEventListener("click", function (event) {
      if (!asked && !lost) return;
      event.preventDefault();
      leave(link);
    });
  });
  window.addEventListener("beforeunload", function (event) { if (asked || lost) event.preventDefault(); });
  ratings.load(function (list, problem) {
    if (problem) { saved.textContent = problem; return; }
    fill(show(list));
  });
  choices.forEach(function (choice) { choice.addEventListener("change", keep); });
  artefacts.forEach(function (box) { box.addEventListener("change", keep); });
  comment.addEventListener("change", keep);
  boxes.onChange(function () {
    // What a box shows is seen.
    var kinds = boxes.list().map(function (box) { return box.artefact; });
    artefacts.forEach(function (box) { if (kinds.indexOf(box.value) >= 0) box.checked = true; });
    keep();
  });
  rater.addEventListener("change", function () {
    rater.value = rater.value.trim();
    ratings.setRater(rater.value);
    // What was chosen before a name was there is this person's; else show what this person judged before.
    if (chosen() && saved.textContent.indexOf("NOT KEPT") === 0) keep();
    else ratings.load(function (list) { if (list) fill(show(list)); });
  });
  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest && event.target.closest("textarea, select, input[type=text]")) return;
    var keys = { a: "accept", r: "reject", u: "unsure" };
    var word = keys[event.key.toLowerCase()];
    if (word) {
      choices.forEach(function (choice) { choice.checked = choice.value === word; });
      keep();
      event.preventDefault();
      return;
    }
    var to = { n: "next", p: "previous" }[event.key.toLowerCase()];
    var link = to && document.getElementById(to);
    if (link) { leave(link); event.preventDefault(); }
  });
})();
