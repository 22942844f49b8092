/** JSON Schema of the configuration file, for editors that complete and check YAML. */
import { COMPOSITION_KEY, compositionTable } from "./composition-table.js";
import type { Entry, SectionEntry } from "./entries.js";
import { MAXIMA } from "./limits.js";
import { configurationTable } from "./table.js";

type Schema = Readonly<Record<string, unknown>>;

/** The schema of the whole file, of either kind: one with `likelihoods` is a composition. https://json-schema.org/draft/2020-12 */
export function configurationSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of unbinned",
    type: "object",
    if: { required: [COMPOSITION_KEY] },
    // biome-ignore lint/suspicious/noThenProperty: it is the word of JSON Schema, and nothing awaits a schema
    then: schemaOf(compositionTable),
    else: schemaOf(configurationTable),
  };
}

function schemaOf(entry: Entry): Schema {
  const unit = entry.unit === undefined ? "" : ` Unit: ${entry.unit}.`;
  return {
    description: `${entry.doc}${unit}`,
    ...(entry.default === undefined ? {} : { default: entry.default }),
    ...rules(entry),
  };
}

function rules(entry: Entry): Schema {
  switch (entry.kind) {
    case "number": {
      const number = {
        type: entry.integer ? "integer" : "number",
        ...given({ minimum: entry.min, maximum: entry.max, exclusiveMinimum: entry.above }),
      };
      return entry.words === undefined ? number : { anyOf: [number, { enum: entry.words }] };
    }
    case "text":
      return { type: "string", minLength: 1, maxLength: MAXIMA.letters };
    case "value":
      return { type: ["number", "string"] };
    case "flag":
      return { type: "boolean" };
    case "choice":
      return { enum: entry.choices };
    case "list": {
      const array = {
        type: "array",
        items: schemaOf(entry.item),
        ...given({ minItems: entry.minLength, maxItems: entry.maxLength, uniqueItems: entry.unique }),
      };
      return entry.alone === undefined ? array : { anyOf: [schemaOf(entry.item), array] };
    }
    case "map":
      // A name with nothing behind it (`shift:`) is an entry with all its defaults.
      return {
        type: "object",
        additionalProperties: { anyOf: [schemaOf(entry.item), { type: "null" }] },
        ...given({ maxProperties: entry.maxLength }),
      };
    case "section": {
      const required = Object.keys(entry.keys).filter((key) => isRequired(entry.keys[key]!));
      const map = {
        ...mapOf(entry.keys),
        ...given({ required: required.length > 0 ? required : undefined }),
      };
      return entry.short === undefined ? map : { anyOf: [schemaOf(entry.keys[entry.short]!), map] };
    }
    case "variant":
      return { ...mapOf(entry.of), minProperties: 1, maxProperties: 1 };
  }
}

const mapOf = (keys: Readonly<Record<string, Entry>>) => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(keys).map(([key, inner]) => [key, schemaOf(inner)])),
  additionalProperties: false,
});

function isRequired(entry: Entry): boolean {
  if (entry.optional || entry.default !== undefined || entry.kind === "map") return false;
  return entry.kind !== "section" || hasRequired(entry);
}

function hasRequired(entry: SectionEntry): boolean {
  return Object.values(entry.keys).some(isRequired);
}

function given(values: Schema): Schema {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
