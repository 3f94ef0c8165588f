/** The longest that a timer of JavaScript can run, in milliseconds, some 25 days: one set for longer ends at once. */
export const TIMER_MS_MAX = 2 ** 31 - 1
