/** Words about the platforms' own change histories. Values enter through `fill`, never by gluing strings. */
export const HISTORY_TEXTS = {
  by: 'by {who} · {tool}',
  byWho: 'by {who}',
  withTool: 'with {tool}',
  unclear: 'may be a change of ours',
  shared: 'a budget that other campaigns share',
  untold: 'not told by the platform',
} as const
