import { avatarPath } from './avatar.js';
import { brands } from './brands.js';
import { type Html, html, layout } from './html.js';
import { type ProviderName } from '../core/provider-name.js';
import { type DemoUser, demoUsers } from '../core/users.js';

/** A choice only an emulator offers, such as how a denial is answered. */
export interface ConsentOption {
  readonly name: string;
  readonly label: string;
  readonly values: readonly { readonly value: string; readonly label: string }[];
}

/** What the consent page shows. */
export interface ConsentView {
  readonly provider: ProviderName;
  readonly clientId: string;
  /** Where the answer goes: the host of the redirect URI, or the origin of the page that asks. */
  readonly destination: string;
  readonly scopes: readonly string[];
  /** Where the form is posted. */
  readonly action: string;
  readonly option?: ConsentOption | undefined;
}

/** The page on which somebody picks a demo user and approves or denies. */
export function consentPage(view: ConsentView): Html {
  const brand = brands[view.provider];
  return layout(
    `${brand.chinese} · 授权 / Authorize`,
    html`<body class="${view.provider}">
      <main>
        <header>
          <p class="note">平台模拟器 · Platform emulator</p>
          <h1>${brand.chinese}<small lang="en">${brand.latin}</small></h1>
        </header>
        <p>
          应用 <b>${view.clientId}</b> 请求访问您的帐号。<br /><span lang="en"
            >The application asks for access to your account.</span
          >
        </p>
        <dl>
          <dt>返回 / Returns to</dt>
          <dd>${view.destination}</dd>
          <dt>权限 / Scopes</dt>
          <dd>${view.scopes.join(' · ') || '—'}</dd>
        </dl>
        <form method="post" action="${view.action}">
          <fieldset>
            <legend>选择用户 / Choose a user</legend>
            ${demoUsers.map((user, index) => userChoice(view.provider, user, index === 0))}
          </fieldset>
          ${view.option && optionChoice(view.option)}
          <div class="buttons">
            <button name="decision" value="approve" class="primary">同意 / Approve</button>
            <button name="decision" value="deny">拒绝 / Deny</button>
          </div>
        </form>
      </main>
    </body>`,
  );
}

/** The page that says why a request goes nowhere; nobody is ever redirected from it. */
export function errorPage(provider: ProviderName, code: string, detail: string): Html {
  const brand = brands[provider];
  return layout(
    `${brand.chinese} · 错误 / Error`,
    html`<body class="${provider}">
      <main>
        <header>
          <p class="note">平台模拟器 · Platform emulator</p>
          <h1>${brand.chinese}<small lang="en">${brand.latin}</small></h1>
        </header>
        <p role="alert">无法处理该请求。<br /><span lang="en">This request cannot be processed.</span></p>
        <dl>
          <dt>错误码 / Error</dt>
          <dd>${code}</dd>
          <dt>说明 / Detail</dt>
          <dd>${detail}</dd>
        </dl>
      </main>
    </body>`,
  );
}

function userChoice(provider: ProviderName, user: DemoUser, isFirst: boolean): Html {
  const checked = isFirst ? html`checked` : undefined;
  const picture = user.hasAvatar
    ? html`<img src="${avatarPath(provider, user)}" alt="" width="40" height="40" />`
    : html`<span class="no-picture" aria-hidden="true"></span>`;
  return html`<label class="user"
    ><input type="radio" name="user" value="${user.key}" ${checked} />${picture}<span
      >${user.name}</span
    ></label
  >`;
}

function optionChoice(option: ConsentOption): Html {
  return html`<label class="option"
    ><span>模拟器选项 / Emulator option: ${option.label}</span
    ><select name="${option.name}">
      ${option.values.map(({ value, label }) => html`<option value="${value}">${label}</option>`)}
    </select></label
  >`;
}
