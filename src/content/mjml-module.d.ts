/** MJML 5 brings no types of its own; this is the part that Dear uses. */
declare module 'mjml' {
  interface MjmlError {
    readonly line: number;
    readonly message: string;
    readonly tagName: string;
  }
  interface MjmlOptions {
    readonly validationLevel: 'strict' | 'soft' | 'skip';
    readonly keepComments: boolean;
    readonly fonts: Readonly<Record<string, string>>;
    readonly ignoreIncludes: boolean;
  }
  export default function mjml2html(
    source: string,
    options: MjmlOptions,
  ): Promise<{ readonly html: string; readonly errors: readonly MjmlError[] }>;
}
