/**
 * Scripts and styles of the login pages, as text: pages carry a strict content security policy without
 * `unsafe-inline`, so all of it is served as files of our own origin.
 */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

/** Moves the fragment of a callback into its query, where the server can read it. */
const relay = `(() => {
  'use strict';
  const fragment = location.hash.replace(/^#/, '');
  if (fragment === '') return;
  const query = new URLSearchParams(location.search);
  let news = false;
  for (const [name, value] of new URLSearchParams(fragment)) {
    if (query.has(name)) continue;
    query.append(name, value);
    news = news || name === 'error' || name === 'code';
  }
  if (news) location.replace(location.pathname + '?' + query.toString());
})();
`;

/**
 * Fetches a code from the platform's own script and hands it in as a form, so that the answer, good or bad, is
 * a page of the server. The attempt is begun only now: its cookie and the code belong to one browser.
 */
const handoff = `(() => {
  'use strict';
  const main = document.getElementById('handoff');
  const config = JSON.parse(main.dataset.config);
  const show = (name) => {
    for (const part of main.querySelectorAll('[data-when]')) part.hidden = part.dataset.when !== name;
  };

  // The SDK wants one provider per page, however often the visitor tries.
  let anyweb;

  const bridges = {
    anyweb: async () => {
      if (!window.AnyWeb) throw new Error('unavailable');
      anyweb ||= new window.AnyWeb.Provider({ appId: config.clientId, logger: null });
      const provider = anyweb;
      const accounts = await provider.request({
        method: 'cfx_accounts',
        params: [{ ...config.params, scopes: config.scope }],
      });
      if (accounts && accounts.code) return accounts.code;
      const code = await provider.request({ method: 'anyweb_oauth' });
      return typeof code === 'string' ? code : code.code;
    },
    yuanzhibang: () => {
      const core = (window.yzb && window.yzb.core) || window.core;
      if (!core) throw new Error('unavailable');
      return new Promise((resolve, reject) => {
        const next = (result) => resolve(result.code);
        core.requestAuthCode({ app_id: config.clientId, next, error: reject, cancel: reject });
      });
    },
    generic: () => {
      if (typeof window.requestAuthorizationCode !== 'function') throw new Error('unavailable');
      return window.requestAuthorizationCode({ clientId: config.clientId, scope: config.scope, params: config.params });
    },
  };

  const begin = async () => {
    const reply = await fetch(config.attemptsUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(config.returnTo ? { returnTo: config.returnTo } : {}),
    }).catch(() => undefined);
    if (!reply || !reply.ok) throw new Error('attempt');
    return (await reply.json()).state;
  };

  const submit = (fields) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = config.callbackUrl;
    for (const [name, value] of Object.entries(fields)) {
      const field = document.createElement('input');
      field.type = 'hidden';
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };

  // A platform's script numbers its failures, the visitor's refusal among them; other bridges just reject.
  const refusals = ['undefined', '4001', '100000'];
  const outcomeOf = ({ message, code } = {}) => {
    if (message === 'unavailable') return 'unavailable';
    return message === 'attempt' || !refusals.includes(String(code)) ? 'failed' : 'cancelled';
  };

  const run = async () => {
    show('waiting');
    try {
      const code = await bridges[config.bridge]();
      submit({ code, state: await begin() });
    } catch (error) {
      show(outcomeOf(error || undefined));
    }
  };

  for (const button of main.querySelectorAll('button')) button.addEventListener('click', run);
  run();
})();
`;

const style = `:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --card: #ffffff; --text: #1b1f27; --soft: #5b6472; --line: #dfe3e9; --accent: #1f5eff;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #12151b; --card: #1b2029; --text: #eceff4; --soft: #9aa4b4; --line: #2b3240; --accent: #7aa2ff; }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
main {
  width: min(26rem, 100%); padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; text-align: center; overflow-wrap: anywhere;
}
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.3; text-wrap: pretty; }
p { margin: 0 0 1rem; color: var(--soft); text-wrap: pretty; }
strong { color: var(--text); font-weight: 600; }
.code { font: .85rem/1.4 ui-monospace, monospace; }
a { color: var(--accent); }
button {
  font: inherit; padding: .6rem 1.4rem; border: 0; border-radius: .6rem; background: var(--accent); color: var(--card);
  cursor: pointer;
}
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[hidden] { display: none; }
`;

/** The assets by file name. */
export const assets: Readonly<Record<string, Asset>> = {
  'relay.js': { type: 'text/javascript; charset=utf-8', text: relay },
  'handoff.js': { type: 'text/javascript; charset=utf-8', text: handoff },
  'login.css': { type: 'text/css; charset=utf-8', text: style },
};

/** Where the assets are served, below the public URL. */
export const assetsPath = '/_oauth';
