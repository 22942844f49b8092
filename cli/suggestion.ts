import { editDistance } from "../io/edit-distance.js";

/** The candidate a mistyped word was most likely meant to be: at most two fifths of its letters wrong, or an abbreviation. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const meant = candidate.toLowerCase();
    const isAbbreviation = typed.length >= 3 && meant.startsWith(typed);
    const distance = isAbbreviation ? 0.5 : editDistance(typed, meant);
    if (distance <= Math.max(1, 0.4 * Math.max(typed.length, meant.length)) && distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** "Did you mean …?" where something is near, else the list to choose from. */
export function suggestion(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates);
  return meant === undefined ? `Choose from ${candidates.join(", ")}` : `Did you mean ${meant}?`;
}
