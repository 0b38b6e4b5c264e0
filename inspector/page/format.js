const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

const rounded = (number) => (number < 9.95 ? String(Math.round(number * 10) / 10) : String(Math.round(number)));

/** A number of bytes in a unit that leaves at most four digits, such as `1.5 KiB`. */
export function bytes(count) {
  let unit = 0;
  let number = count;
  while (number >= 1023.5 && unit < byteUnits.length - 1) {
    number /= 1024;
    ++unit;
  }
  return `${rounded(number)} ${byteUnits[unit]}`;
}

const longUnits = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A time in microseconds in words, such as `350 µs`, `1.2 ms`, `3.4 s` or `2 min 5 s`. */
export function microseconds(count) {
  if (count < 999.5) return `${Math.round(count)} µs`;
  if (count < 999_500) return `${rounded(count / 1e3)} ms`;
  if (count < 59_500_000) return `${rounded(count / 1e6)} s`;
  const seconds = Math.round(count / 1e6);
  const index = longUnits.findIndex(([, length]) => seconds >= length);
  const [unit, length] = longUnits[index];
  const [smaller, smallerLength] = longUnits[index + 1] ?? ['s', 1];
  const rest = Math.floor((seconds % length) / smallerLength);
  return `${Math.floor(seconds / length)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ''}`;
}

/** A time in milliseconds in words. */
export const milliseconds = (count) => microseconds(count * 1e3);

/** A whole number with its thousands set apart. */
export const whole = (number) => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ',');

/** Something per second; nothing at all for 0, so that what moves stands out in a column. */
export function rate(perSecond) {
  if (perSecond === 0) return '';
  return perSecond < 0.05 ? '<0.1' : perSecond < 9.95 ? perSecond.toFixed(1) : whole(perSecond);
}

/** The time of day, UTC with milliseconds, of a date-time of the interface. */
export const timeOfDay = (dateTime) => dateTime.slice(11, 23);

/** Day and time to the second, UTC, of a date-time of the interface. */
export const dayAndTime = (dateTime) => `${dateTime.slice(0, 10)} ${dateTime.slice(11, 19)}`;
