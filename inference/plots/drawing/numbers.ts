import { aNumber, aText, checkArgument, checkParts } from "../../../engine/options.js";

const NARROW_NO_BREAK_SPACE = "\u202f";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Fixed decimals with a true minus sign and thin spaces between thousands from 10 000 on: −12 345.6. */
export function fixed(value: number, decimals: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split(".") as [string, string | undefined];
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, NARROW_NO_BREAK_SPACE) : whole;
  const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(digits) ? `−${digits}` : digits;
}

/** 10 to an integer power, as text: 10⁻⁶. */
export function powerOfTen(exponent: number): string {
  const digits = [...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A number to so many significant digits: plain between 0.001 and a million, as a multiple of a power of ten beyond. */
export function significant(value: number, digits: number): string {
  checkArgument("significant", "the value", value, aNumber);
  checkArgument("significant", "the digits", digits, aNumber);
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent >= -3 && exponent < 6) return fixed(value, Math.max(0, digits - 1 - exponent));
  return `${fixed(value / 10 ** exponent, digits - 1)} × ${powerOfTen(exponent)}`;
}

/** Value and standard deviation, rounded to two significant digits of the latter: 0.4862 ± 0.0090. */
export function measurement(value: number, sigma: number): string {
  const exponent = sigma > 0 ? Number(sigma.toExponential(1).split("e")[1]) : -3;
  const decimals = Math.max(0, 1 - exponent);
  return `${fixed(value, decimals)} ± ${fixed(sigma, decimals)}`;
}

/** "p = 0.12", or "p < 10⁻⁶" where the digits mean nothing any more. */
export function pValueText(pValue: number): string {
  return pValue < 1e-6 ? `p < ${powerOfTen(-6)}` : `p = ${significant(pValue, 2)}`;
}

/** χ², its degrees of freedom and the probability of a worse one. */
export interface GoodnessOfFit {
  readonly chi2: number;
  readonly ndf: number;
  readonly pValue: number;
}

export function goodnessText(fit: GoodnessOfFit): string {
  checkParts("goodnessText", "a test", fit, { chi2: aNumber, ndf: aNumber, pValue: aNumber });
  return `χ²/ndf = ${significant(fit.chi2, Math.abs(fit.chi2) >= 100 ? 4 : 3)} / ${fixed(fit.ndf, 0)}, ${pValueText(fit.pValue)}`;
}

/** The line below every picture: number of data events, seed and version. */
export function footerLine(run: { nEvents: number; seed: number; version: string }): string {
  checkParts("footerLine", "a run", run, { nEvents: aNumber, seed: aNumber, version: aText });
  return `N = ${fixed(run.nEvents, 0)} · seed ${run.seed} · unbinned ${run.version}`;
}
