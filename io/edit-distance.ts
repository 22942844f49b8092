/** Words that were mistyped. Imports nothing, so that every layer may use it. */

/** Number of single-character insertions, deletions and substitutions from a to b (Levenshtein distance). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** Nobody mistypes a longer word, and the work grows with the product of lengths. */
const LONGEST_WORD = 100;

/** Candidates that a message has room for. */
const MOST_LISTED = 30;

/** The candidate a mistyped word was most likely meant to be: at most two fifths of its letters wrong, or an abbreviation. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const typed = word.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate.length > LONGEST_WORD) continue;
    const meant = candidate.toLowerCase();
    const isAbbreviation = typed.length >= 3 && meant.startsWith(typed);
    const longer = Math.max(typed.length, meant.length);
    // Something must agree: every word of one letter is one letter away from every other.
    const most = Math.min(Math.max(1, 0.4 * longer), longer - 1);
    if (!isAbbreviation && Math.abs(typed.length - meant.length) > most) continue;
    const distance = isAbbreviation ? 0.5 : editDistance(typed, meant);
    if (distance <= most && distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** "Did you mean …?" where something is near, else the list to choose from. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  const more = candidates.length > MOST_LISTED ? `, ... (${candidates.length})` : "";
  return `Choose from ${candidates.slice(0, MOST_LISTED).join(", ")}${more}`;
}
