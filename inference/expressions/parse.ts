/**
 * Expressions from texts. The parser of mathjs gives the structure and nothing else: it sees every number and every name as `_` with the
 * index of its token, so that no text of a user reaches it, and none is ever evaluated.
 */
import { UsageError } from "../../engine/errors.js";
import { aText, checkArgument } from "../../engine/options.js";
import { suggestion } from "../../io/edit-distance.js";
import { type Expression, fold } from "./expression.js";
import { constants, type FunctionName, functions, otherNames } from "./functions.js";
import type { MathNode } from "./mathjs-parser.js";
import { arityOf, type Row } from "./operation.js";
import type { OperatorName } from "./operators.js";
import { checkStructure } from "./structure.js";
import { type Token, tokensOf, tokenText } from "./tokens.js";

/**
 * What stands for a symbol in the text for mathjs, of the same precedence. Its words for operators are names too where a value is
 * expected. Brackets around what a condition chooses first keep conditions in it apart.
 */
const FOR_MATHJS: Readonly<Record<string, string>> = {
  "&&": "&",
  "||": "|",
  "!": "~",
  "===": "==",
  "!==": "!=",
  "?": "? (",
  ":": ") :",
};

const COMPARISONS: readonly string[] = ["===", "!==", "==", "!=", "<=", ">=", "<", ">"];

/** Words that are numbers or nothing in other languages. */
const NO_NAMES: readonly string[] = ["true", "false", "nan", "inf", "infinity", "null", "undefined", "none"];

const VALUE = "a number, a name, a sign or an opening bracket";
const OPERATOR = "an operator";

/** A node of mathjs as an expression. */
interface Parsed {
  readonly expression: Expression;
  /** Index of its last number or name. */
  readonly last: number;
  /** Is it a negation without brackets around it? */
  readonly isNegation?: boolean;
}

const expressionOf = (node: Expression): Expression =>
  Object.freeze("operands" in node ? { ...node, operands: Object.freeze([...node.operands]) } : node);

function partsOf(node: MathNode): readonly MathNode[] {
  switch (node.type) {
    case "SymbolNode":
      return [];
    case "ParenthesisNode":
      return [node.content];
    case "OperatorNode":
    case "FunctionNode":
      return node.args;
    case "RelationalNode":
      return node.params;
    case "ConditionalNode":
      return [node.condition, node.trueExpr, node.falseExpr];
  }
}

/** The tokens of one text, and what they mean. */
class Reader {
  constructor(
    private readonly tokens: readonly Token[],
    private readonly where: string,
  ) {}

  private refuse(expected: string, got: string, hint?: string): never {
    throw new UsageError(this.where, { expected, got, ...(hint !== undefined && { hint }) });
  }

  private token(index: number): Token {
    return this.tokens[index]!;
  }

  /** The first token after an operand and the brackets that end there: what joins it to the next. */
  private after({ last }: Parsed): Token {
    let index = last + 1;
    while (this.token(index).means === ")") index++;
    return this.token(index);
  }

  /** The tree of mathjs for the tokens. */
  async structure(): Promise<MathNode> {
    // Loaded where there is an expression alone.
    const { parse } = await import("./mathjs-parser.js");
    const pieces = this.tokens.map(({ kind, means }, index) =>
      kind === "symbol" ? (FOR_MATHJS[means] ?? means) : kind === "end" ? "" : `_${index}`,
    );
    try {
      return parse(pieces.join(" "));
    } catch (error) {
      const { char, message } = error as Error & { readonly char?: number };
      if (char === undefined) throw error;
      let end = 0;
      const at = pieces.findIndex((piece) => (end += piece.length + 1) >= char);
      const token = this.token(at < 0 ? this.tokens.length - 1 : at);
      const isOperator = /^(?:Unexpected (?:operator|part)|Parenthesis \) expected)/.test(message);
      const isOpen = message.startsWith("Parenthesis");
      return this.refuse(
        isOperator ? `${OPERATOR} or ${isOpen ? "a closing bracket" : "the end"}` : VALUE,
        tokenText(token),
      );
    }
  }

  read(root: MathNode): Expression {
    return fold<MathNode, Parsed>(root, partsOf, (node, parts) => this.make(node, parts)).expression;
  }

  private make(node: MathNode, parts: readonly Parsed[]): Parsed {
    const last = parts[parts.length - 1]?.last ?? 0;
    switch (node.type) {
      case "SymbolNode": {
        const index = Number(node.name.slice(1));
        return { expression: this.leaf(this.token(index)), last: index };
      }
      case "ParenthesisNode":
        return { expression: parts[0]!.expression, last };
      case "ConditionalNode":
        return { expression: this.call("ifelse", parts), last };
      case "RelationalNode":
        return this.refuse(
          "one comparison",
          `a second one, ${tokenText(this.after(parts[1]!))}`,
          "Write a < b && b < c in place of a < b < c",
        );
      case "FunctionNode": {
        // What is called is no part of the tree: it is the token before the bracket.
        const index = Number((node.fn as MathNode & { readonly name: string }).name.slice(1));
        return { expression: this.call(this.functionName(index), parts, this.token(index)), last };
      }
      case "OperatorNode":
        return { ...this.operator(node, parts), last };
    }
  }

  /** A number, a constant or a name. */
  private leaf(token: Token): Expression {
    const { kind, text, at } = token;
    if (kind === "number") {
      const value = Number(text);
      if (!Number.isFinite(value) || (value === 0 && /[1-9]/.test(text.replace(/e.*/i, "")))) {
        this.refuse("a number that a double holds, from 5e-324 to 1.8e308", tokenText(token));
      }
      return expressionOf({ kind: "number", value });
    }
    if (Object.hasOwn(constants, text)) {
      return expressionOf({ kind: "number", value: constants[text as keyof typeof constants] });
    }
    if (Object.hasOwn(functions, text)) {
      this.refuse(
        `brackets with operands after the function ${text}`,
        tokenText(token),
        `Write ${signature(text as FunctionName)}`,
      );
    }
    if (NO_NAMES.includes(text.toLowerCase())) {
      const hint = /^(?:true|false)$/i.test(text)
        ? `Write ${text.toUpperCase()}`
        : "Expressions have finite numbers alone";
      this.refuse("a name", tokenText(token), hint);
    }
    if (text in {} || text === "prototype") this.refuse("a name that JavaScript does not reserve", tokenText(token));
    return expressionOf({ kind: "name", name: text, at });
  }

  private functionName(index: number): FunctionName {
    const token = this.token(index);
    const { kind, text } = token;
    if (kind === "number") this.refuse(OPERATOR, tokenText(this.token(index + 1)), "Write * between factors");
    if (Object.hasOwn(functions, text)) return text as FunctionName;
    const known = Object.keys(functions);
    const other = Object.hasOwn(otherNames, text) ? otherNames[text] : undefined;
    return this.refuse("a function", tokenText(token), other ? `Write ${other}` : suggestion(text, known));
  }

  private call(name: FunctionName, parts: readonly Parsed[], token?: Token): Expression {
    const arity = arityOf(functions[name]);
    if (token !== undefined && parts.length !== arity) {
      const operands = `${arity} ${arity === 1 ? "operand" : "operands"}`;
      this.refuse(`${operands}, as in ${signature(name)}`, `${parts.length} for ${tokenText(token)}`);
    }
    return expressionOf({ kind: "call", function: name, operands: parts.map(({ expression }) => expression) });
  }

  private operator(
    node: MathNode & { readonly type: "OperatorNode" },
    parts: readonly Parsed[],
  ): Pick<Parsed, "expression" | "isNegation"> {
    const [a, b] = parts as [Parsed, Parsed | undefined];
    const operands = parts.map(({ expression }) => expression);
    if (b === undefined) {
      if (node.fn === "unaryPlus") return a;
      const isNegation = node.fn === "bitNot";
      return {
        expression: expressionOf({ kind: "operator", operator: isNegation ? "!" : "unary -", operands }),
        isNegation,
      };
    }
    const token = this.after(a);
    if (node.implicit) this.refuse(OPERATOR, tokenText(token), "Write * between factors");
    const operator = token.means as OperatorName;
    if (a.isNegation && COMPARISONS.includes(operator)) {
      this.refuse(
        "brackets that say what is negated",
        `${tokenText(token)} after a negation`,
        `Write !(a ${operator} b) or (!a) ${operator} b`,
      );
    }
    return { expression: expressionOf({ kind: "operator", operator, operands }) };
  }
}

/** A function as it is called. */
const signature = (name: FunctionName) => `${name}(${Object.keys((functions[name] as Row).operands).join(", ")})`;

/**
 * The expression that a text is, in the grammar of HS³ with what ROOT's formulas and mathjs have beside it: docs/expressions.md.
 *
 * @param where  what the expression is for, at the beginning of messages
 * @throws {UsageError} says at which character of the text what was expected
 */
export async function parseExpression(text: string, where: string): Promise<Expression> {
  checkArgument("parseExpression", "where", where, aText);
  checkArgument(where, "the expression", text, aText);
  if (text.trim() === "") throw new UsageError(where, { expected: "an expression", got: "an empty text" });
  const tokens = tokensOf(text, where);
  checkStructure(tokens, where);
  const reader = new Reader(tokens, where);
  return reader.read(await reader.structure());
}
