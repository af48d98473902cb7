// The panel in which a person judges this scan. Every change is kept at once; A, R and U judge, N and P go on and back, Shift+N
// goes to the next scan that this person has not judged.
(function () {
  var panel = document.getElementById("rate");
  if (!panel) return;
  var scan = panel.dataset.scan;
  var choices = panel.querySelectorAll("input[name=rating]");
  var artefacts = panel.querySelectorAll("input[name=artefact]");
  var comment = document.getElementById("comment");
  var rater = document.getElementById("rater");
  var saved = document.getElementById("saved");
  var others = document.getElementById("judgements");
  var touched = false;   // by a person, since what is kept was shown: an answer that comes late changes no field
  var dirty = false;     // the fields say more than was sent
  var sending = null;    // one judgement at a time, so that none overtakes another
  var waiting = [];      // the latest of each rater; where nothing is being sent, it was refused
  var warned = false;    // it was said that leaving loses something
  var then = null;       // where to go after the answer
  var typing = 0, loads = 0;
  document.getElementById("kept-where").textContent = ratings.words;
  rater.value = ratings.rater();
  order.follow();

  function say(words, bad) {
    saved.textContent = words;
    saved.classList.toggle("bad", !!bad);
  }
  function chosen() {
    var found = "";
    choices.forEach(function (choice) { if (choice.checked) found = choice.value; });
    return found;
  }
  function current(entry) { return (entry.output_sha256 || "") === panel.dataset.sha256; }
  function show(list) {
    var ours = ratings.latest(list);
    others.textContent = "";
    ours.forEach(function (entry) {
      var line = document.createElement("li");
      line.textContent = entry.rater + ": " + entry.rating + (entry.artefacts && entry.artefacts.length ? " (" + entry.artefacts.join(", ") + ")" : "") +
        (entry.boxes && entry.boxes.length ? ", " + entry.boxes.length + (entry.boxes.length === 1 ? " box" : " boxes") : "") +
        (entry.comment ? ": " + entry.comment : "") + ", " + entry.time + (current(entry) ? "" : ". Of an earlier output: judge again");
      others.appendChild(line);
    });
    var said = ours.filter(current);
    var words = new Set(said.map(function (entry) { return entry.rating; }));
    document.getElementById("agreement").textContent = said.length < 2 ? "" :
      words.size === 1 ? "All " + said.length + " raters agree." : "The raters do not agree.";
    return said;
  }
  // What was said of an earlier output fills no field: a tick would say it of this one.
  function fill(said) {
    var mine = said.filter(function (entry) { return ratings.person(entry.rater) === ratings.person(rater.value); })[0];
    choices.forEach(function (choice) { choice.checked = !!mine && mine.rating === choice.value; });
    artefacts.forEach(function (box) { box.checked = !!mine && (mine.artefacts || []).indexOf(box.value) >= 0; });
    boxes.set(mine ? mine.boxes : []);
    comment.value = mine ? mine.comment || "" : "";
  }
  function names(raters) {
    document.getElementById("raters").replaceChildren.apply(document.getElementById("raters"), (raters || []).map(function (name) {
      var option = document.createElement("option");
      option.value = name;
      return option;
    }));
  }
  function refresh() {
    var mine = loads += 1;
    ratings.load(function (list, problem, agreement, raters) {
      if (mine !== loads) return;
      if (problem) { say(problem, true); return; }
      var said = show(list);
      names(raters);
      if (!touched) fill(said);
    }, scan);
  }

  function send() {
    if (sending || !waiting.length) return;
    sending = waiting.shift();
    ratings.add(sending, function (list, problem, agreement, raters, stale) {
      var entry = sending;
      sending = null;
      if (problem) {
        then = null;
        var later = waiting.some(function (each) { return each.rater === entry.rater; });
        if (!later) waiting.unshift(entry);
        say(problem, true);
        if (later) send();
        return;
      }
      loads += 1;  // an answer that is still on its way is older than this one
      show(list);
      names(raters);
      if (waiting.length) say("Keeping…");
      else if (stale) say("Kept, but of an earlier output: this scan was made again. Reload the page, and judge what is there now.", true);
      else if (!dirty) say("Kept: " + entry.rating + ".");
      send();
      if (then && !sending) {
        var go = then;
        then = null;
        leave(go);
      }
    });
  }
  function lacking() { return !chosen() ? "NOT KEPT: choose accept, reject or unsure." : !rater.value.trim() ? "NOT KEPT: write who judges." : ""; }
  function touch() {
    touched = dirty = true;
    warned = false;
  }
  // @param here  a person is at the fields: the one that lacks something may be shown
  function keep(here) {
    clearTimeout(typing);
    var lacks = lacking();
    if (lacks) {
      say(lacks, true);
      if (here && chosen()) rater.focus();
      return;
    }
    dirty = false;
    ratings.setRater(rater.value);
    var entry = {
      rater: rater.value.trim(), scan: scan, rating: chosen(), comment: comment.value,
      artefacts: Array.from(artefacts).filter(function (box) { return box.checked; }).map(function (box) { return box.value; }),
      boxes: boxes.list(), output_sha256: panel.dataset.sha256
    };
    waiting = waiting.filter(function (each) { return each.rater !== entry.rater; }).concat(entry);
    say("Keeping…");
    send();
  }
  function changed() {
    touch();
    keep(true);
  }
  // Whoever leaves waits until the judgement is on the disk, and is told where it is not.
  function leave(go) {
    if (dirty && !lacking()) keep(false);
    if (sending) {
      then = go;
      say("Keeping…, then on.");
    } else if ((dirty || waiting.length) && !warned) {
      warned = true;
      say((lacking() || saved.textContent) + " Once more leaves without it.", true);
    } else {
      dirty = false;
      waiting = [];
      go();
    }
  }
  document.querySelectorAll(".top a").forEach(function (link) {
    link.addEventListener("click", function (event) {
      if (!sending && !dirty && !waiting.length) return;
      event.preventDefault();
      leave(function () { link.click(); });
    });
  });
  window.addEventListener("beforeunload", function (event) {
    if (dirty && !lacking()) keep(false);
    if (sending || dirty || waiting.length) event.preventDefault();
  });
  document.addEventListener("visibilitychange", function () { if (document.hidden && dirty && !lacking()) keep(false); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) refresh(); });
  refresh();
  choices.forEach(function (choice) { choice.addEventListener("change", changed); });
  artefacts.forEach(function (box) { box.addEventListener("change", changed); });
  comment.addEventListener("input", function () {
    touch();
    say("Not kept yet…");
    clearTimeout(typing);
    typing = setTimeout(function () { if (dirty) keep(false); }, 1000);
  });
  comment.addEventListener("change", function () { if (dirty) keep(false); });
  boxes.onChange(function () {
    // What a box shows is seen.
    var kinds = boxes.list().map(function (box) { return box.artefact; });
    artefacts.forEach(function (box) { if (kinds.indexOf(box.value) >= 0) box.checked = true; });
    changed();
  });
  boxes.onDraft(function () { touched = true; });
  rater.addEventListener("change", function () {
    rater.value = rater.value.trim();
    ratings.setRater(rater.value);
    // What was entered before a name was there is this person's; else what this person said before is shown.
    if (dirty) { keep(false); return; }
    touched = false;
    refresh();
  });
  function nextUnjudged() {
    var list = order.onwards();
    if (!list.length) { say("Shift+N goes along the table of all scans: open that page first."); return; }
    ratings.judged(rater.value.trim(), function (names, problem) {
      if (problem) { say(problem, true); return; }
      var done = new Set(names);
      var next = list.filter(function (each) { return !done.has(each[0]); })[0];
      if (next) leave(function () { location.href = next[1]; });
      else say("No scan of the table is left to judge.");
    }, new Map(list.map(function (each) { return [each[0], each[2]]; })));
  }
  document.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest && event.target.closest("textarea, select, input[type=text]")) return;
    var key = event.key.toLowerCase();
    if (event.shiftKey) {
      if (key === "n") { nextUnjudged(); event.preventDefault(); }
      return;
    }
    var word = { a: "accept", r: "reject", u: "unsure" }[key];
    if (word) {
      choices.forEach(function (choice) { choice.checked = choice.value === word; });
      changed();
      event.preventDefault();
      return;
    }
    var to = { n: "next", p: "previous" }[key];
    var link = to && document.getElementById(to);
    if (link) { leave(function () { link.click(); }); event.preventDefault(); }
  });
  var download = document.getElementById("download-ratings");
  if (download) download.addEventListener("click", function () {
    ratings.load(function (list) { ratings.download(ratings.table(list), "ratings.tsv"); });
  });
})();
