/** The shader files as text, and what `#include` means in them. */
import { sources } from "./sources.js";

export type ShaderName = keyof typeof sources;

export const shaderSource = (name: ShaderName): string => sources[name];

/** Files that take the place of others, by the name of those. */
export type Twins = { readonly [N in ShaderName]?: ShaderName };

/** The text with every file it includes, directly or not, once and before it; what it needs of the language comes first. */
export function resolveIncludes(text: string, twins: Twins = {}): string {
  const parts = new Map<string, string>();
  const needs = /^(?:enable|requires) .*;\n/gm;
  const visit = (part: string): string => {
    for (const [, name] of part.matchAll(/^#include "(.+)"$/gm)) {
      const file = twins[name as ShaderName] ?? (name as ShaderName);
      if (!parts.has(file)) parts.set(file, visit(shaderSource(file)));
    }
    return part.replace(/^#include .*\n+/gm, "");
  };
  const own = visit(text);
  const whole = [...parts.values(), own].join("\n");
  return [...(whole.match(needs) ?? []), whole.replace(needs, "")].join("");
}

/** Names of the numbers that a kernel reads as `arguments`, in order; none where it has no such structure. */
export function argumentNames(text: string): string[] {
  const [, fields = ""] = /^struct Arguments \{\n([^}]*)\}/m.exec(resolveIncludes(text)) ?? [];
  return [...fields.matchAll(/^ *(\w+): u32,/gm)].map(([, name]) => name as string);
}
