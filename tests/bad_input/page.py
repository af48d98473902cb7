"""The tables of docs/bad-input.md, from damage.tsv and shared.tsv: python3 tests/bad_input/page.py"""
import pathlib

here = pathlib.Path(__file__).parent


def rows(name):
    return [line.split("\t") for line in (here / name).read_text().splitlines()[1:]]


damage = "".join(f"| {what} | {outcome} | {words} | {status} |\n" for _, what, _, outcome, words, status in rows("damage.tsv"))
shared = "".join(f"| `{file}` | {outcome} | {words} |\n" for file, outcome, words in rows("shared.tsv"))
page = here.parent.parent / "docs" / "bad-input.md"
text = page.read_text()
for name, table in (("damage", damage), ("shared", shared)):
    head, rest = text.split(f"<!-- {name} -->\n")
    tail = rest.split(f"<!-- end of {name} -->\n")[1]
    title, rule = rest.split("\n")[:2]
    text = head + f"<!-- {name} -->\n{title}\n{rule}\n{table}<!-- end of {name} -->\n" + tail
page.write_text(text)
