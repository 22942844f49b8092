/** What every kind of function has: a number that follows from parameters, and from columns where it looks at some. */
import type { Options } from "../../../engine/options.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { Environment, Value } from "../language/environment.js";

export interface FunctionKind<F> {
  /** In one sentence, with its formula, for documentation. */
  readonly doc: string;
  /** Of what type each entry of the form is. */
  readonly entries: Options<F>;
  /** Numbers that it follows from, columns among them. */
  readonly values: (form: F) => readonly Value[];
  /**
   * Refuses what can be seen without numbers, by a UsageError.
   *
   * @param where  the function, for messages
   */
  readonly check: (form: F, where: string, classes: (column: string) => readonly number[] | undefined) => void;
  /** Where it is several numbers, what each is called behind the name of the function and a point; absent: one number. */
  readonly labels?: (form: F) => readonly string[] | undefined;
  /** Its value [], or [labels], per event where it looks at columns. @param name  of the function: that of its weights */
  readonly bind: (form: F, at: Environment, name: string) => Var;
  /** Its logarithm, of kinds whose value is positive: where the value itself has no digits or no number, the logarithm has. */
  readonly bindLog?: (form: F, at: Environment) => Var | undefined;
}
