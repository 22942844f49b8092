/** Entries of objects whose keys are names that users choose: `constructor` and `__proto__` are names like any other. */

/** The entry of that name; undefined where there is none, whatever objects inherit. */
export const entryOf = <T>(named: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(named, name) ? named[name] : undefined;
