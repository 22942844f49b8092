/** Texts as trees: precedence by example, and one sentence for everything that is no expression. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Expression } from "../../../inference/expressions/expression.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { MAX_DEPTH } from "../../../inference/expressions/structure.js";
import { MAX_LENGTH } from "../../../inference/expressions/tokens.js";
import { refusal } from "../../support/rejects.js";

/** A tree with brackets around all of it. */
function shown(node: Expression): string {
  if (node.kind === "number") return String(node.value);
  if (node.kind === "name") return node.name;
  const [a, b] = node.operands.map(shown);
  if (node.kind === "call") return `${node.function}(${node.operands.map(shown).join(" ")})`;
  return b === undefined ? `(${node.operator.replace("unary ", "")}${a})` : `(${a}${node.operator}${b})`;
}

const parse = (text: string) => parseExpression(text, "test");

/** By the rules of C, with ^ for powers, from the right and stronger than a sign. */
const grammar: readonly (readonly [text: string, tree: string])[] = [
  ["a + b * c - d / e", "((a+(b*c))-(d/e))"],
  ["a - b - c", "((a-b)-c)"],
  ["a / b / c * d", "(((a/b)/c)*d)"],
  ["a^b^c", "(a^(b^c))"],
  ["-a^2", "(-(a^2))"],
  ["(-a)^2", "((-a)^2)"],
  ["a^-b^c", "(a^(-(b^c)))"],
  ["-a**2*b", "((-(a^2))*b)"],
  ["a**-b ** c^d", "(a^(-(b^(c^d))))"],
  ["-a * b", "((-a)*b)"],
  ["a * -b", "(a*(-b))"],
  ["a - -b", "(a-(-b))"],
  ["a--b", "(a-(-b))"],
  ["+a - +b", "(a-b)"],
  ["a + b < c * d", "((a+b)<(c*d))"],
  ["a < b && c >= d || e == f", "(((a<b)&&(c>=d))||(e==f))"],
  ["a || b && c", "(a||(b&&c))"],
  ["a and b or not c", "((a&&b)||(!c))"],
  ["!a && b", "((!a)&&b)"],
  ["!(a < b)", "(!(a<b))"],
  ["!!a", "(!(!a))"],
  ["(!a) == b", "((!a)==b)"],
  ["a == !b", "(a==(!b))"],
  ["a === b || a !== c || a != d", "(((a===b)||(a!==c))||(a!=d))"],
  ["(a < b) == (c < d)", "((a<b)==(c<d))"],
  ["a ? b : c", "ifelse(a b c)"],
  ["a ? b : c ? d : e", "ifelse(a b ifelse(c d e))"],
  ["a ? b ? c : d : e", "ifelse(a ifelse(b c d) e)"],
  ["a || b ? c + 1 : d - 1", "ifelse((a||b) (c+1) (d-1))"],
  ["a ?.5:.25", "ifelse(a 0.5 0.25)"],
  ["ifelse(a > 1, b, c)", "ifelse((a>1) b c)"],
  ["pow(a, b + c) * max(min(a, b), c)", "(pow(a (b+c))*max(min(a b) c))"],
  ["exp (-a)", "exp((-a))"],
  ["1234 + 123.4 + 1.234e2 + 1.234E-2 + .5 + 5.", "(((((1234+123.4)+123.4)+0.01234)+0.5)+5)"],
  ["PI + EULER + TRUE + FALSE", "(((3.141592653589793+2.718281828459045)+1)+0)"],
  ["  a\n +\tb\r\n", "(a+b)"],
  ["((((a))))", "a"],
  ["import + eval", "(import+eval)"],
  ["in + to + mod + xor + end + i + e + pi", "(((((((in+to)+mod)+xor)+end)+i)+e)+pi)"],
  ["_1 + a2_", "(_1+a2_)"],
];

for (const [text, tree] of grammar) {
  test(`${JSON.stringify(text)} is ${tree}`, async () => assert.is(shown(await parse(text)), tree));
}

const CHARACTERS = "numbers, names of letters, digits and _, operators and round brackets";
const VALUE = "a number, a name, a sign or an opening bracket";
const FUNCTIONS =
  "Choose from exp, expm1, log, log1p, log10, log2, sqrt, abs, pow, min, max, sin, cos, tan, atan, asin, acos, atan2, hypot, sinh, cosh, tanh, asinh, acosh, atanh, lgamma, tgamma, floor, ceil, round, ... (35)";

/** What is refused: what was expected, what was found, what to do. */
const refused: readonly (readonly [text: string, expected: string, got: string, hint?: string])[] = [
  ["", "an expression", "an empty text"],
  [" \n ", "an expression", "an empty text"],
  ["a +", VALUE, "the end of the text"],
  ["a * * b", VALUE, '"*" at character 5'],
  ["a < > b", VALUE, '">" at character 5'],
  ["&& a", VALUE, '"&&" at character 1'],
  ["and a", VALUE, '"and" at character 1'],
  ["a + or", VALUE, '"or" at character 5'],
  ["()", VALUE, '")" at character 2'],
  ["max(a, )", VALUE, '")" at character 8'],
  ["exp(", VALUE, "the end of the text"],
  ["a ? : b", VALUE, '":" at character 5'],
  ["(a", "an operator or a closing bracket", "the end of the text"],
  ["(a, b)", "an operator or a closing bracket", '"," at character 3'],
  ["a)", "an operator or the end", '")" at character 2'],
  ["a, b", "an operator or the end", '"," at character 2'],
  ["a!", "an operator or the end", '"!" at character 2'],
  ["a not b", "an operator or the end", '"not" at character 3'],
  ["a b", "an operator", '"b" at character 3', "Write * between factors"],
  ["2a", "an operator", '"a" at character 2', "Write * between factors"],
  ["a 2", "an operator", '"2" at character 3', "Write * between factors"],
  ["2(a)", "an operator", '"(" at character 2', "Write * between factors"],
  ["(a)(b)", "an operator", '"(" at character 4', "Write * between factors"],
  ["exp(a)(b)", "an operator", '"(" at character 7', "Write * between factors"],
  ["1..2", "an operator", '".2" at character 3', "Write * between factors"],
  ["0x1F", "an operator", '"x1F" at character 2', "Write * between factors"],
  ["a ? b", "a : with what holds otherwise, after each ?", "the end of the text"],
  ["(a ? b) : c", "a : with what holds otherwise, after each ?", '")" at character 7'],
  ["max(a ? b, c)", "a : with what holds otherwise, after each ?", '"," at character 10'],
  ["a : b", "a ? before each :", '":" at character 3'],
  ["a ? b : c : d", "a ? before each :", '":" at character 11'],
  ["a < b < c", "one comparison", 'a second one, "<" at character 7', "Write a < b && b < c in place of a < b < c"],
  [
    "a == (b) >= 2",
    "one comparison",
    'a second one, ">=" at character 10',
    "Write a < b && b < c in place of a < b < c",
  ],
  [
    "!a == b",
    "brackets that say what is negated",
    '"==" at character 4 after a negation',
    "Write !(a == b) or (!a) == b",
  ],
  [
    "not a > b",
    "brackets that say what is negated",
    '">" at character 7 after a negation',
    "Write !(a > b) or (!a) > b",
  ],
  ["sqr(a)", "a function", '"sqr" at character 1', "Did you mean sqrt?"],
  ["1 + Exp(a)", "a function", '"Exp" at character 5', "Did you mean exp?"],
  ["ln(a)", "a function", '"ln" at character 1', "Write log"],
  ["f(a)", "a function", '"f" at character 1', FUNCTIONS],
  ["2 * gamma(a)", "a function", '"gamma" at character 5', "Write tgamma"],
  ["PI(2)", "a function", '"PI" at character 1', FUNCTIONS],
  ["pow(a)", "2 operands, as in pow(x, y)", '1 for "pow" at character 1'],
  ["exp()", "1 operand, as in exp(x)", '0 for "exp" at character 1'],
  ["max(a, b, c)", "2 operands, as in max(x, y)", '3 for "max" at character 1'],
  ["ifelse(a, b)", "3 operands, as in ifelse(condition, x, y)", '2 for "ifelse" at character 1'],
  ["exp + 1", "brackets with operands after the function exp", '"exp" at character 1', "Write exp(x)"],
  ["a + true", "a name", '"true" at character 5', "Write TRUE"],
  ["NaN", "a name", '"NaN" at character 1', "Expressions have finite numbers alone"],
  ["-Infinity", "a name", '"Infinity" at character 2', "Expressions have finite numbers alone"],
  ["null", "a name", '"null" at character 1', "Expressions have finite numbers alone"],
  ["1e400", "a number that a double holds, from 5e-324 to 1.8e308", '"1e400" at character 1'],
  ["1e-400", "a number that a double holds, from 5e-324 to 1.8e308", '"1e-400" at character 1'],
  ["a = 3", CHARACTERS, '"=" at character 3', "Write == to compare; an expression sets nothing"],
  ["f(a) = a", CHARACTERS, '"=" at character 6', "Write == to compare; an expression sets nothing"],
  ["a *** 2", VALUE, '"*" at character 5'],
  ["a * * 2", VALUE, '"*" at character 5'],
  ["a **", VALUE, "the end of the text"],
  ["TMath::Exp(a)", CHARACTERS, '"::" at character 6', "Write the function alone, as in exp(x)"],
  ["a & b", CHARACTERS, '"&" at character 3', "Write && for and"],
  ["a | b", CHARACTERS, '"|" at character 3', "Write || for or"],
  ["~a", CHARACTERS, '"~" at character 1', "Write ! for not"],
  ["5%", CHARACTERS, '"%" at character 2', "Expressions have neither remainders nor percentages"],
  [
    'a == "b"',
    CHARACTERS,
    '""" at character 6',
    'Expressions have no texts: of a column of words, make x == "word" alone a column, and name that here',
  ],
  ["a'", CHARACTERS, '"\'" at character 2', "Expressions have no texts"],
  ["a[1]", CHARACTERS, '"[" at character 2', "Expressions have neither lists nor indices"],
  ["{a: 1}", CHARACTERS, '"{" at character 1', "Expressions have no blocks"],
  ["a; b", CHARACTERS, '";" at character 2', "Write one expression"],
  ["a.b", CHARACTERS, '"." at character 2', "Expressions have no properties; a number has one point"],
  ["a # b", CHARACTERS, '"#" at character 3'],
  ["$a", CHARACTERS, '"$" at character 1'],
  ["a\\b", CHARACTERS, '"\\" at character 2'],
];

for (const [text, expected, got, hint] of refused) {
  test(`${JSON.stringify(text)} is refused: expected ${expected}`, async () => {
    const tail = hint === undefined ? "" : `. ${hint}`;
    assert.is(await refusal(parse(text)), `test: expected ${expected}, got ${got}${tail}`);
  });
}

test("names that every object of JavaScript has are refused, as names and as functions", async () => {
  for (const name of ["constructor", "__proto__", "prototype", "toString", "hasOwnProperty", "__defineGetter__"]) {
    assert.is(
      await refusal(parse(`1 + ${name}`)),
      `test: expected a name that JavaScript does not reserve, got "${name}" at character 5`,
    );
    assert.match(await refusal(parse(`${name}(1)`)), /^test: expected a function, got "\w+" at character 1\. /);
  }
});

test("calls of what JavaScript would run are calls of unknown functions", async () => {
  for (const name of ["eval", "import", "Function", "require", "createUnit", "evaluate", "parse", "simplify"]) {
    assert.match(await refusal(parse(`${name}(a)`)), /^test: expected a function, got "\w+" at character 1\. /);
  }
  for (const text of ['import("fs")', "a.constructor.constructor('x')()", "f`x`", "cos.constructor(a)"]) {
    assert.match(await refusal(parse(text)), /^test: expected numbers, names of letters, digits and _,/);
  }
});

test("characters that look like others, or like nothing, are named by their numbers", async () => {
  for (const [text, code, at] of [
    ["\u{ff58} + 1", "U+FF58", 1],
    ["a\u200b", "U+200B", 2],
    ["a\u00a0+ b", "U+00A0", 2],
    ["\u0430", "U+0430", 1],
    ["a \u2212 b", "U+2212", 3],
    ["a\u0000", "U+0000", 2],
    ["\u{1d465}", "U+1D465", 1],
    ["\ud835", "U+D835", 1],
    ["\u202ea", "U+202E", 1],
  ] as const) {
    assert.is(await refusal(parse(text)), `test: expected ${CHARACTERS}, got the character ${code} at character ${at}`);
  }
});

test("a text is as long as it may be, and no longer", async () => {
  const terms = (length: number) => `a${"+a".repeat((length - 1) / 2)}`;
  let node = await parse(terms(MAX_LENGTH - 1));
  let depth = 0;
  for (; node.kind === "operator"; depth++) node = node.operands[0]!;
  assert.is(depth, MAX_LENGTH / 2 - 1);
  assert.is(
    await refusal(parse("a".repeat(1e6))),
    "test: expected an expression of at most 10000 characters, got 1000000",
  );
});

test("nesting is as deep as it may be, and no deeper: brackets, calls, signs, powers, conditions and all together", async () => {
  const nestings: Readonly<Record<string, (n: number) => string>> = {
    brackets: (n) => `${"(".repeat(n)}a${")".repeat(n)}`,
    calls: (n) => `${"exp(".repeat(n)}a${")".repeat(n)}`,
    signs: (n) => `${"-".repeat(n)}a`,
    negations: (n) => `${"!".repeat(n)}a`,
    powers: (n) => `a${"^a".repeat(n)}`,
    "conditions after the colon": (n) => `a${"?a:a".repeat(n)}`,
    "conditions before the colon": (n) => `${"a?".repeat(n)}a${":a".repeat(n)}`,
    together: (n) => `${"-(a?".repeat(n / 4)}a^a${":a)".repeat(n / 4)}`,
  };
  for (const [name, nesting] of Object.entries(nestings)) {
    await parse(nesting(MAX_DEPTH));
    for (const depth of [MAX_DEPTH * 2, 1500]) {
      assert.match(
        await refusal(parse(nesting(depth))),
        /^test: expected at most 100 levels of brackets, signs, powers and conditions within each other, got more at character \d+$/,
        name,
      );
    }
  }
});

test("what stands beside each other is not nested", async () => {
  await parse(Array(400).fill("(-a^2 < 1)").join(" && "));
  await parse(Array(400).fill("!a").join(" || "));
  await parse(Array(400).fill("-a").join("*"));
  await parse(`max(a, ${"max(a?b:c, -a^-2) + ".repeat(200)}b)`);
});

test("a tree is frozen, plain data, and a copy in JSON is the same tree", async () => {
  const tree = await parse("ifelse(a > 1, -b^2, max(c, 3))");
  const visit = (node: Expression): void => {
    assert.ok(Object.isFrozen(node));
    if (!("operands" in node)) return;
    assert.ok(Object.isFrozen(node.operands));
    node.operands.forEach(visit);
  };
  visit(tree);
  assert.equal(JSON.parse(JSON.stringify(tree)), tree);
  assert.equal(await parse("a * 2"), {
    kind: "operator",
    operator: "*",
    operands: [
      { kind: "name", name: "a", at: 1 },
      { kind: "number", value: 2 },
    ],
  });
});

test("what is no text is refused", async () => {
  assert.is(await refusal(parseExpression(3 as never, "a cut")), "a cut: expected a text for the expression, got 3");
  assert.match(await refusal(parseExpression("a", undefined as never)), /^parseExpression: expected a text for where,/);
});

test.run();
