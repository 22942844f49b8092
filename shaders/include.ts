/** The shader files as text, and what `#include` means in them. */
import { sources } from "./sources.js";

export type ShaderName = keyof typeof sources;

export const shaderSource = (name: ShaderName): string => sources[name];

/** The text with every file it includes, directly or not, once and before it. */
export function resolveIncludes(text: string): string {
  const parts = new Map<string, string>();
  const visit = (part: string): string => {
    for (const [, name] of part.matchAll(/^#include "(.+)"$/gm)) {
      const file = name as ShaderName;
      if (!parts.has(file)) parts.set(file, visit(shaderSource(file)));
    }
    return part.replace(/^#include .*\n+/gm, "");
  };
  const own = visit(text);
  return [...parts.values(), own].join("\n");
}

/** Names of the numbers that a kernel reads as `arguments`, in order; none where it has no such structure. */
export function argumentNames(text: string): string[] {
  const [, fields = ""] = /^struct Arguments \{\n([^}]*)\}/m.exec(text) ?? [];
  return [...fields.matchAll(/^ *(\w+): u32,/gm)].map(([, name]) => name as string);
}
