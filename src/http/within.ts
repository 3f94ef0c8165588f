/** The engine may be busy for long; whoever asks for the status shall not wait with it. */
export async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new Error('the node is too busy to tell')), timeoutMs)
  try {
    return await Promise.race([promise, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
