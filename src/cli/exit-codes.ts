/** What the process ends with. A wrong command line is told apart from a failure, as shells do. */
export const EXIT_OK = 0
export const EXIT_FAILURE = 1
export const EXIT_USAGE = 2
