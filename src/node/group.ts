/** One Raft group today; its number is part of every message and log key. */
export const GROUP = 0
