/** The version of this package, and of all others of the workspace. */
export const version = '0.1.0';
