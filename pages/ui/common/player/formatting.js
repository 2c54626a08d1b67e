// Numbers and times as people read them, and the ticks of a time axis.

const STEPS_S = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200];

/** A time as m:ss, or h:mm:ss from an hour on, with so many decimals. @param {number} seconds */
export function clock(seconds, decimals = 0) {
  const total = Number(seconds.toFixed(decimals));
  const minutes = Math.floor(total / 60);
  const rest = (total - 60 * minutes).toFixed(decimals).padStart(decimals ? 3 + decimals : 2, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** A whole number with thin spaces between thousands. @param {number} value */
export const number = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** @param {number} share 0 to 1 */
export const percent = (share) => `${Math.round(100 * share)} %`;

/** The step between ticks of a ruler that shows `span` seconds. @param {number} span @param {number} width in pixels */
export function tickStep(span, width) {
  const least = span / Math.max(2, Math.floor(width / 82));
  return STEPS_S.find((step) => step >= least) || Math.ceil(least / 3600) * 3600;
}
