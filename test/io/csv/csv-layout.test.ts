/** How a table is written, found from its first lines: separator, names, and which field of a row is whose. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FoundLayout, findLayout, firstRepeated, headerProblem, noHeader } from "../../../io/csv/csv-layout.js";
import { assertRefused } from "../support.js";

/** The layout of a table that begins with these lines; those of # at the top are comments. */
function found(text: string, separator?: string): FoundLayout {
  const lines = text.split("\n").map((line, i) => ({ number: i + 1, text: line }));
  const nComments = lines.findIndex((line) => !line.text.startsWith("#"));
  const comments = nComments < 0 ? lines : lines.slice(0, nComments);
  const [first, second] = nComments < 0 ? [] : lines.slice(nComments);
  return findLayout("a.csv", { comments, first, second, separator });
}

const separatorOf = (text: string) => found(text).layout.separator;

test("the separator is the first in , ; tab | blanks that gives a row as many fields as names", () => {
  assert.is(separatorOf("x,y\n1,2"), ",");
  assert.is(separatorOf("x;y\n1;2"), ";");
  assert.is(separatorOf("x\ty\n1\t2"), "\t");
  assert.is(separatorOf("x|y\n1|2"), "|");
  assert.is(separatorOf("x  y\n1 \t 2"), " ");
  // A comma inside one of two names, and decimal commas in both values.
  assert.is(separatorOf("mass, GeV;pt\n1;2"), ";");
  assert.is(separatorOf("x;y\n1,5;2,5"), ";");
  // As many fields either way.
  assert.is(separatorOf("x,y;z\n1,2;3"), ",");
});

test("one column has no separator to find, and Excel's line decides where there is one", () => {
  const alone = found("x\n1").layout;
  assert.equal([alone.separator, alone.names, alone.width], [",", ["x"], 1]);
  assert.is(found("x;y,z\n1;2,5", ";").layout.separator, ";");
  assert.equal(found("x,y\n1,2", ";").layout.names, ["x,y"]);
});

test("a row with one field more than names belongs to a first column, or to a last one, without a name", () => {
  const layoutOf = (text: string) => {
    const { firstField, width, endsEmpty, countFrom } = found(text).layout;
    return { firstField, width, endsEmpty, countFrom };
  };
  const plain = { firstField: 0, width: 2, endsEmpty: false, countFrom: undefined };
  assert.equal(layoutOf("x,y\n1.5,2"), plain);
  assert.equal(layoutOf("x,y\nlabel,1.5,2"), { ...plain, firstField: 1, width: 3 });
  assert.equal(layoutOf("x,y\n0,1.5,2"), { ...plain, firstField: 1, width: 3, countFrom: 0 });
  assert.equal(layoutOf("x,y\n1,1.5,2"), { ...plain, firstField: 1, width: 3, countFrom: 1 });
  // In quotes, R's names of rows are words even where they are digits.
  assert.equal(layoutOf('x,y\n"7",1.5,2'), { ...plain, firstField: 1, width: 3 });
  assert.equal(layoutOf("x,y\n1.5,2,"), { ...plain, width: 3, endsEmpty: true });
  assert.equal(layoutOf("x,y,\n1.5,2"), plain);
});

test("a row that may begin with a value or with its number is refused", () =>
  assertRefused(
    () => found("x,y\n7,1.5,2"),
    /^a\.csv, line 2: expected 2 values, as in the header, got 3\. Name every column: it is not clear which/,
  ));

test("names stand in the nearest comment that has as many fields as the first row of numbers", () => {
  const place = ({ layout, headerLine, firstRow }: FoundLayout) => [layout.names, headerLine, firstRow];
  assert.equal(place(found("# x,y\n1,2")), [["x", "y"], 1, 2]);
  assert.equal(place(found("# run 7\n# x,y\n1,2")), [["x", "y"], 2, 3]);
  assert.equal(place(found("# x,y\n# GeV,GeV\n1,2")), [["x", "y"], 1, 3]);
  assert.equal(place(found("## x\n1.5\n2.5")), [["x"], 1, 2]);
  assert.equal(place(found("# x,y")), [["x", "y"], 1, 2]);
  // The first line is no row of numbers: it has the names, whatever the comment says.
  assert.equal(place(found("# a,b\nx,y\n1,2")), [["x", "y"], 2, 3]);
  // Nine comments up is too far, and numbers name nothing.
  assert.equal(place(found(`# x,y\n${"# note\n".repeat(7)}1,2`)), [["x", "y"], 1, 9]);
  assert.throws(() => found(`# x,y\n${"# note\n".repeat(8)}1,2`), /line 10: .* got numbers only/);
});

test("whether the first column holds numbers is seen in the first row", () => {
  const starts = (text: string) => found(text).layout.startsWithNumber;
  assert.equal([starts("x,y\n1,a"), starts("x,y\na,1"), starts("x,y")], [true, false, true]);
  assert.equal([starts("x;y\n1,5;a"), starts('x,y\n"1,5",a')], [true, false]);
});

test("names that cannot be are called what they are", () => {
  assert.is(headerProblem([]), "an empty file");
  assert.is(headerProblem(["", ""]), "no name");
  assert.is(headerProblem(["", "1", "2e3"]), "numbers only");
  assert.is(headerProblem(["1", "x"]), undefined);
  assert.is(firstRepeated(["x", "y", "y", "x"]), "y");
  assert.is(firstRepeated(["x", "X", "y"]), undefined);
  assert.is(
    noHeader("a.csv", 3, "no name").message,
    "a.csv, line 3: expected column names separated by commas, got no name",
  );
  assert.throws(
    () => findLayout("a.csv", { comments: [], first: undefined, second: undefined, separator: undefined }),
    /^a\.csv, line 1: .* got an empty file$/,
  );
});

test.run();
