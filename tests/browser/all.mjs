// All tests in one process, with one browser.
import "./pages.test.mjs";
import "./people.test.mjs";
import "./review.test.mjs";
