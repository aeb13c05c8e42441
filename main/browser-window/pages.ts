/** The few sentences that the browser window says itself, when the app's own page can't. Never contains anything received. */

const page = (title: string, paragraphs: readonly string[]): string =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · SpendSignoff</title></head>
<body><main><h1>${title}</h1>
${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}
</main></body>
</html>
`

/** For a link that was used, is too old, or was never made: one answer for all three, so that guessing learns nothing. */
export const LINK_IS_OVER_PAGE = page('This link no longer works', [
  'Each link opens SpendSignoff once, in one browser, within ten minutes.',
  'If SpendSignoff is still running, its terminal prints a fresh link. Otherwise run <code>npm start</code> again and open the new link.',
  'Nothing was opened and nothing was changed.',
])

export const NOT_BUILT_PAGE = page('The window is not built yet', [
  'SpendSignoff is running, but the files of its window are missing.',
  'Stop it and run <code>npm start</code>, which builds them first.',
])
