/** Help texts, printed from the tables of verbs and options. */
import { OPTIONS, type OptionName } from "./arguments.js";
import { VERBS, type VerbEntry } from "./verb-table.js";

export function generalHelp(): string {
  const verbs = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [
    "Unbinned likelihoods with normalizing flows.",
    "",
    "Usage: unbinned VERB [FILE] [OPTIONS]",
    "",
    "Verbs:",
    ...verbs,
    "",
    "Options (`unbinned VERB --help` lists those of a verb):",
    ...optionLines(Object.keys(OPTIONS) as OptionName[]),
    "",
    "Exit codes: 0 done, 1 the analysis failed, 2 wrong usage or input, 3 a fit did not converge (its results are written,",
    "with the verdict), 4 done and written but a check of the results failed, 130 stopped by Ctrl-C",
    "(129 by a terminal that closed, 143 by SIGTERM).",
  ].join("\n");
}

export function verbHelp(name: string, verb: VerbEntry): string {
  return [
    `unbinned ${name}: ${verb.summary}.`,
    "",
    `Usage: ${["unbinned", name, ...verb.operands].join(" ")} [OPTIONS]`,
    "",
    verb.details,
    "",
    "Options:",
    ...optionLines([...verb.options, "help"]),
  ].join("\n");
}

function optionLines(names: readonly OptionName[]): string[] {
  return names.map((name) => {
    const { value, help } = OPTIONS[name];
    return `  ${`--${name}${value === undefined ? "" : ` ${value}`}`.padEnd(21)} ${help}`;
  });
}
