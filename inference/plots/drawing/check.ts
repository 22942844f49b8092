import { UsageError } from "../../../engine/errors.js";

/** Refuses NaN and infinities anywhere in the plain data of a plot; a broken path would hide them. */
export function requireFinite(where: string, data: unknown, path = "data"): void {
  if (typeof data === "number") {
    if (Number.isFinite(data)) return;
    throw new UsageError(where, {
      expected: `a finite number at ${path}`,
      got: `${data}`,
      hint: "Find where the number was made; leave out points that do not exist",
    });
  }
  if (Array.isArray(data) || ArrayBuffer.isView(data)) {
    const items = data as unknown as ArrayLike<unknown>;
    for (let i = 0; i < items.length; i++) requireFinite(where, items[i], `${path}[${i}]`);
  } else if (typeof data === "object" && data !== null) {
    for (const [key, value] of Object.entries(data)) {
      requireFinite(where, value, path === "data" ? key : `${path}.${key}`);
    }
  }
}

export function requireLength(where: string, name: string, got: ArrayLike<unknown>, expected: number): void {
  if (got.length === expected) return;
  throw new UsageError(where, {
    expected: `${expected} entries in ${name}`,
    got: `${got.length}`,
    hint: "Arrays of one curve or histogram belong together entry by entry; n bins have n + 1 edges",
  });
}

export function requireSome(where: string, name: string, items: ArrayLike<unknown>): void {
  if (items.length > 0) return;
  throw new UsageError(where, {
    expected: `at least one entry in ${name}`,
    got: "none",
    hint: "Leave the picture out when there is nothing to show",
  });
}
