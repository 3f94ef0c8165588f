/** A worker whose engine does not start. */
throw new Error('no engine today')
