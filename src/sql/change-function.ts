/** What triggers call to tell of a change. Not to be called by anybody else: the gate refuses it. */
export const CHANGE_FUNCTION = 'sys_row_change'
