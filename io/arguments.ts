/** Arguments of public functions of another kind, each refused in one sentence. */
import { FileError, quote } from "./errors.js";

function kindText(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}

export function checkPath(where: string, path: unknown): void {
  if (typeof path !== "string") throw new FileError(where, { expected: "a path", got: kindText(path) });
}

/** Names of columns, which may be left out. */
export function checkNames(where: string, names: unknown): void {
  if (names === undefined || (Array.isArray(names) && names.every((name) => typeof name === "string"))) return;
  throw new FileError(where, { expected: "a list of names", got: kindText(names) });
}

/** Options of which none has to be there, each of its type. */
export function checkOptions(where: string, options: unknown, types: Readonly<Record<string, string>>): void {
  const names = Object.keys(types);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new FileError(where, { expected: `an object with ${names.join(", ")}`, got: kindText(options) });
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(types, name)) {
      throw new FileError(where, { expected: `${names.join(", ")} as its only option`, got: quote(name) });
    }
    if (value === undefined || typeof value === types[name]) continue;
    throw new FileError(where, {
      expected: `${types[name] === "object" ? "an" : "a"} ${types[name]} for ${name}`,
      got: kindText(value),
    });
  }
}
