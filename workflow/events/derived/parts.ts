/** What a text of the configuration means for the columns of a file: a column of it, or an expression of columns. */
import { checkExpressionNames, type Expression, namesOf } from "../../../inference/expressions/expression.js";
import { parseExpression } from "../../../inference/expressions/parse.js";
import { nearest } from "../../../io/edit-distance.js";
import { columnOf } from "../../../io/events/wanted.js";
import type { Derivation, Written } from "../../configuration/derivation.js";
import { UsageError } from "../../errors.js";

export interface FilePart {
  readonly kind: "file";
  /** In the file. */
  readonly column: string;
}

export interface ExpressionPart {
  readonly kind: "expression";
  readonly expression: Expression;
  /** In messages: "logpt = log(pt)". */
  readonly label: string;
  /** What its names stand for. */
  readonly parts: ReadonlyMap<string, Part>;
}

/** A name for the same text in two places is one part: it is evaluated once. */
export type Part = FilePart | ExpressionPart;

/** How messages name it. */
export const nameOf = (part: Part): string => (part.kind === "file" ? part.column : part.label);

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text);

/** The parts of a derivation, for one file. */
export class Parts {
  private readonly made = new Map<string, Part>();

  /** @param file  how messages name it */
  constructor(
    private readonly file: string,
    private readonly columns: readonly string[],
    private readonly derivation: Pick<Derivation, "columns">,
  ) {}

  private isInFile(text: string): boolean {
    return this.columns.includes(text) || this.columns.includes(columnOf(text) ?? text);
  }

  /** The column of a name of the analysis: what is made of others under it, else that of the file. */
  async named(name: string, open: readonly string[] = []): Promise<Part> {
    const written = this.derivation.columns.get(name);
    if (written === undefined) return { kind: "file", column: name };
    const known = this.made.get(name);
    if (known !== undefined) return known;
    if (open.includes(name)) {
      throw new UsageError(written.at, {
        expected: "columns that are not made of themselves",
        got: [...open.slice(open.indexOf(name)), name].join(" of "),
        hint: "In the expression of a column its own name is that of the file; give others another name",
      });
    }
    const part = await this.written(written, [...open, name]);
    this.made.set(name, part);
    return part;
  }

  /** @param open  names of the columns whose expressions name what is written, the outermost first */
  async written(written: Written, open: readonly string[] = []): Promise<Part> {
    const { text, at } = written;
    const own = open.at(-1);
    const isMade = text !== own && this.derivation.columns.has(text);
    if (this.isInFile(text) && !isMade) return { kind: "file", column: text };
    if (isMade && own !== undefined) this.checkOneMeaning(written);
    if (isMade) return this.named(text, open);
    const expression = await this.parsed(written);
    if (expression.kind === "name") {
      return expression.name === own ? { kind: "file", column: own } : this.named(expression.name, open);
    }
    const names = namesOf(expression);
    checkExpressionNames(at, expression, `columns of ${this.file}`, [
      ...this.columns,
      ...[...this.derivation.columns.keys()].filter((name) => name !== own),
    ]);
    const parts = new Map<string, Part>();
    for (const name of names) {
      parts.set(name, name === own ? { kind: "file", column: name } : await this.named(name, open));
    }
    return { kind: "expression", expression, label: shortened(own === undefined ? text : `${own} = ${text}`), parts };
  }

  /** A column with the name of another one, of which there is one in the file as well. */
  private checkOneMeaning({ text, at }: Written): void {
    if (!this.isInFile(text) || this.derivation.columns.get(text)!.text === text) return;
    throw new UsageError(at, {
      expected: "a text with one meaning",
      got: `${JSON.stringify(shortened(text))}, a column of ${this.file} and one that is made of others`,
      hint: `Give the column that is made another name, or write 1 * ${text} for it`,
    });
  }

  private async parsed({ text, at }: Written): Promise<Expression> {
    try {
      return await parseExpression(text, at);
    } catch (error) {
      const meant = nearest(text, this.columns);
      if (!(error instanceof UsageError) || meant === undefined) throw error;
      throw new UsageError(at, {
        expected: `a column of ${this.file}, or an expression`,
        got: JSON.stringify(shortened(text)),
        hint: `Did you mean ${JSON.stringify(meant)}?`,
      });
    }
  }
}

/** Columns of the file that parts are made of. */
export function fileColumns(parts: Iterable<Part>): string[] {
  const found = new Set<string>();
  const seen = new Set<Part>();
  const visit = (part: Part) => {
    if (seen.has(part)) return;
    seen.add(part);
    if (part.kind === "file") found.add(part.column);
    else part.parts.forEach(visit);
  };
  for (const part of parts) visit(part);
  return [...found];
}
