import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';

const css = `
:root{color-scheme:light dark;--paper:#f6f4f0;--card:#fff;--ink:#1f2328;--soft:#5b626b;--line:#d9d5cd;--deed:#1d5c4d;--on-deed:#fff;--glow:#e3efe9;--alarm:#a3261b;--alarm-glow:#f9e7e4}
@media (prefers-color-scheme:dark){:root{--paper:#15181b;--card:#1e2226;--ink:#eceff1;--soft:#a8b0b8;--line:#3a4047;--deed:#8fd1bd;--on-deed:#0f211c;--glow:#22322d;--alarm:#ff9d8f;--alarm-glow:#3b2421}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:var(--paper);color:var(--ink);font:17px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;display:flex;justify-content:center;align-items:flex-start;padding:clamp(16px,8vh,88px) 16px 32px}
main{width:100%;max-width:34rem;background:var(--card);border:1px solid var(--line);border-radius:14px;padding:clamp(22px,5vw,40px);overflow-wrap:anywhere}
h1{margin:0 0 .6em;font-size:1.55rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
p{margin:0 0 1em;text-wrap:pretty}
main>:last-child,main>:last-child>:last-child{margin-bottom:0}
.soft{color:var(--soft);font-size:.93rem}
.notice{background:var(--glow);border-radius:10px;padding:.75em 1em;margin:0 0 1.3em}
.notice p:last-child{margin:0}
a{color:var(--deed);text-underline-offset:.18em}
button{font:inherit;font-weight:600;border:1px solid var(--deed);border-radius:10px;padding:.68em 1.25em;background:var(--deed);color:var(--on-deed);cursor:pointer;min-height:44px;text-wrap:balance}
button.quiet{background:transparent;color:var(--deed)}
button:hover{filter:brightness(1.08)}
:focus-visible{outline:3px solid var(--deed);outline-offset:2px}
form{margin:0 0 1.2em}
fieldset{min-width:0;border:0;border-top:1px solid var(--line);margin:0;padding:1.1em 0}
legend{float:left;width:100%;font-weight:600;padding:0;margin-bottom:.25em}
legend+*{clear:both}
label.tick{display:flex;gap:.65em;align-items:flex-start;padding:.55em 0;min-height:44px}
label.tick small{display:block}
label.tick small+small{margin-top:.4em}
small,.hint{color:var(--soft);font-size:.93rem}
.hint{margin:.2em 0 .5em}
input[type=checkbox],input[type=radio]{width:1.25em;height:1.25em;accent-color:var(--deed);flex:none;margin:.2em 0 0}
input[type=number],input[type=time],input[type=date],input[type=email],input[type=text],select{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:8px;padding:.45em .6em;min-height:44px;max-width:100%}
input[type=number]{width:4.4em}
input[type=email],input[type=text]{width:100%}
input[aria-invalid=true],select[aria-invalid=true]{border:2px solid var(--alarm)}
.field select{width:100%}
.pair{display:inline-flex;gap:.5em;align-items:center;min-width:0}
.field{margin:.5em 0}
.field>label{display:block;font-weight:600;margin-bottom:.2em}
fieldset .field>label{font-weight:400}
.row.own{padding-left:1.9em;margin-top:-.2em}
.alarm{border-left:4px solid var(--alarm);background:var(--alarm-glow)}
.alarm ul{margin:.3em 0 0;padding-left:1.2em}
button.danger{background:var(--alarm);border-color:var(--alarm);color:var(--on-deed)}
h2{font-size:1.12rem;margin:1.5em 0 .4em;padding-top:1em;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.1em 0 .3em}
li small{display:block}
dl{margin:0;display:grid;grid-template-columns:minmax(7em,auto) 1fr;gap:.3em 1em}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li{padding:.5em 0;border-top:1px solid var(--line)}
ul.plain>li:first-child{border-top:0}
time{color:var(--soft);font-size:.93rem;display:block}
details{margin:.6em 0}
summary{cursor:pointer;min-height:44px;display:list-item;padding:.5em 0;color:var(--deed)}
@media (max-width:26rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5em}.row.own{padding-left:0}button{width:100%}}
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

/** A whole page in the one frame that all public pages share; `lang` is the language of its text. */
export function page(title: string, body: Html, lang: string): string {
  return html`<!doctype html>
<html lang="${lang}">
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
