/** A part of a file of HS³ with its place in it: what is read of it is checked, and refused in one sentence that names the place. */
import { type Complaint, UsageError } from "../../../engine/errors.js";
import { nearest } from "../../../io/edit-distance.js";
import type { Value } from "../language/environment.js";

/** Letters of a value in a message. */
const LONGEST_SHOWN = 80;

/** Names that a file may choose: those of HS³ are any text; ours are looked up, written in options and shown. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,199}$/;

/** A number as RooFit writes constants: in a text. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN - 3)}...` : text;
}

/** "Did you mean …?" where something is near, nothing else. */
export function meant(word: string, known: readonly string[]): { readonly hint?: string } {
  const found = nearest(word, known);
  return found === undefined ? {} : { hint: `Did you mean ${found}?` };
}

export class Part {
  /**
   * @param value  what JSON has there; undefined: nothing
   * @param place  "distributions[2].sigma"
   * @param file   for messages
   * @param name   of the object that it belongs to, for messages
   */
  constructor(
    readonly value: unknown,
    readonly place: string,
    readonly file: string,
    readonly name = "",
  ) {}

  /** "model.json: distributions[2].sigma (of signal)" */
  get where(): string {
    const of = this.name === "" ? "" : ` (of ${this.name.slice(0, LONGEST_SHOWN)})`;
    return `${this.file}: ${this.place}${of}`;
  }

  refuse(expected: string, got: string = shown(this.value), hint: { readonly hint?: string } = {}): never {
    throw new UsageError(this.where, { expected, got, ...hint });
  }

  /** Names this part in a message that does not know its place. */
  blame(complaint: Complaint): UsageError {
    return new UsageError(this.where, complaint);
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  get isText(): boolean {
    return typeof this.value === "string";
  }

  get isList(): boolean {
    return Array.isArray(this.value);
  }

  private object(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return this.refuse("an object");
    return value as Readonly<Record<string, unknown>>;
  }

  /** The entry of an object; absent where it has none. */
  at(key: string): Part {
    const object = this.object();
    const place = this.place === "" ? key : `${this.place}.${key}`;
    return new Part(Object.hasOwn(object, key) ? object[key] : undefined, place, this.file, this.name);
  }

  /** Refuses entries with other keys. */
  only(keys: readonly string[]): void {
    for (const key of Object.keys(this.object())) {
      if (keys.includes(key)) continue;
      const { hint = `Known are ${keys.join(", ")}` } = meant(key, keys);
      throw new UsageError(this.where, { expected: "keys that are known", got: shown(key), hint });
    }
  }

  keys(): readonly string[] {
    return Object.keys(this.object());
  }

  items(): Part[] {
    const { value } = this;
    if (!Array.isArray(value)) return this.refuse("a list");
    return value.map((own, i) => new Part(own, `${this.place}[${i}]`, this.file, this.name));
  }

  text(): string {
    return typeof this.value === "string" ? this.value : this.refuse("a text");
  }

  flag(): boolean {
    return typeof this.value === "boolean" ? this.value : this.refuse("true or false");
  }

  number(): number {
    const { value } = this;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    return this.refuse("a finite number", typeof value === "number" ? "a number beyond 1.8e308" : shown(value));
  }

  /** A name that can be one of ours. */
  newName(): string {
    const name = this.text();
    // Names that every object of JavaScript has: maps by name could not tell them from their own.
    if (name in {} || name === "prototype") return this.refuse("another name, as this one is reserved");
    if (NAME.test(name)) return name;
    return this.refuse("a name of at most 200 letters, digits and _ . : -, a letter first", shown(name), {
      hint: "Rename it",
    });
  }

  /** A number, also in a text, or a name. */
  numberOrName(): Value {
    const { value } = this;
    if (typeof value === "number") return this.number();
    if (typeof value !== "string" || value === "") return this.refuse("a number or a name");
    if (!NUMBER.test(value)) return value;
    const number = Number(value);
    return Number.isFinite(number) ? number : this.refuse("a finite number");
  }
}

/** The objects of a list by their names. @param what  for messages */
export function byName(list: Part, what: string): ReadonlyMap<string, Part> {
  const found = new Map<string, Part>();
  if (list.isAbsent) return found;
  for (const item of list.items()) {
    const name = item.at("name").newName();
    if (found.has(name)) item.at("name").refuse(`every ${what} once`, `${shown(name)} twice`);
    found.set(name, new Part(item.value, item.place, item.file, name));
  }
  return found;
}
