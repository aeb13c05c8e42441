import packageFile from '../package.json' with { type: 'json' }

/** The version of this build, from package.json. */
export const APP_VERSION: string = packageFile.version
