import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';

const css = `
:root{color-scheme:light dark;--paper:#f6f4f0;--card:#fff;--ink:#1f2328;--soft:#5b626b;--line:#d9d5cd;--deed:#1d5c4d;--on-deed:#fff;--glow:#e3efe9}
@media (prefers-color-scheme:dark){:root{--paper:#15181b;--card:#1e2226;--ink:#eceff1;--soft:#a8b0b8;--line:#3a4047;--deed:#8fd1bd;--on-deed:#0f211c;--glow:#22322d}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:var(--paper);color:var(--ink);font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;display:flex;justify-content:center;align-items:flex-start;padding:clamp(16px,8vh,88px) 16px 32px}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:clamp(22px,5vw,40px);overflow-wrap:anywhere}
h1{margin:0 0 .6em;font-size:1.55rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
p{margin:0 0 1em}
main>:last-child,main>:last-child>:last-child{margin-bottom:0}
.soft{color:var(--soft);font-size:.93rem}
.notice{background:var(--glow);border-radius:10px;padding:.75em 1em;margin:0 0 1.3em}
.notice p:last-child{margin:0}
a{color:var(--deed);text-underline-offset:.18em}
button{font:inherit;font-weight:600;border:1px solid var(--deed);border-radius:10px;padding:.68em 1.25em;background:var(--deed);color:var(--on-deed);cursor:pointer;min-height:44px}
button.quiet{background:transparent;color:var(--deed)}
button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--deed);outline-offset:2px}
form{margin:0 0 1.2em}
fieldset{border:0;border-top:1px solid var(--line);margin:0;padding:1.1em 0}
legend{float:left;width:100%;font-weight:600;padding:0;margin-bottom:.25em}
legend+*{clear:both}
label.tick{display:flex;gap:.65em;align-items:center;padding:.4em 0;min-height:44px}
input[type=checkbox]{width:1.25em;height:1.25em;accent-color:var(--deed);flex:none;margin:0}
input[type=number],input[type=time],select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:8px;padding:.45em .6em;min-height:44px}
input[type=number]{width:5.5em}
.row{display:flex;flex-wrap:wrap;gap:.5em .7em;align-items:center;margin-top:.5em}
footer{margin-top:1.6em;padding-top:1em;border-top:1px solid var(--line)}
`.trim();

const styleHash = createHash('sha256').update(css).digest('base64');

/** Nothing runs, nothing is loaded, nobody frames us; forms go back to where they came from. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const style = new Html(`<style>${css}</style>`);

/** A whole page in the one frame that all public pages share. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${title}</title>
${style}
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`.text;
}
