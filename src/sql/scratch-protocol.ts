/** What a scratch thread is asked, one request at a time. */
export type ScratchRequest =
  | { readonly kind: 'write'; readonly chunk: Uint8Array }
  | { readonly kind: 'check' }
  | { readonly kind: 'vacuum' }
  /** Begin to read, from the front. */
  | { readonly kind: 'file' }
  | { readonly kind: 'dump'; readonly tables: readonly string[] | undefined }
  /** Answered by the next chunks of what was begun last; none after the last. */
  | { readonly kind: 'next' }

export type ScratchAnswer = readonly Uint8Array<ArrayBuffer>[] | undefined
