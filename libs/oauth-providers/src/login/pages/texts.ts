import { type ErrorClass } from '../../core/errors.js';

/** The languages pages and problems are written in. */
export type Language = 'en' | 'zh';

/** What a failure means for the person in front of the screen. */
export interface ProblemText {
  readonly title: string;
  readonly detail: string;
}

type Bilingual = Readonly<Record<Language, ProblemText>>;

/** Failures by what the visitor can do about them; the operator reads the rest in the log. */
const problems: Readonly<Record<ErrorClass | 'cancelled' | 'not_completed', Bilingual>> = {
  cancelled: {
    en: {
      title: 'Sign-in was cancelled',
      detail: 'Nothing has been changed. You can sign in whenever you like.',
    },
    zh: { title: '已取消登录', detail: '没有任何更改，您可以随时重新登录。' },
  },
  not_completed: {
    en: { title: 'Sign-in was not completed', detail: 'Please start again from the beginning.' },
    zh: { title: '登录未完成', detail: '请回到登录页重新开始。' },
  },
  access_denied: {
    en: {
      title: 'Sign-in was cancelled',
      detail: 'You did not give your consent, so nothing has been changed.',
    },
    zh: { title: '已取消登录', detail: '您没有同意授权，没有任何更改。' },
  },
  invalid_request: {
    en: {
      title: 'This sign-in cannot be continued',
      detail: 'It is too old, was used before, or was begun in another browser. Please start again.',
    },
    zh: { title: '无法继续本次登录', detail: '登录请求已过期、已被使用，或来自其他浏览器。请重新开始。' },
  },
  invalid_grant: {
    en: { title: 'The authorization has expired', detail: 'Please sign in again.' },
    zh: { title: '授权已失效', detail: '请重新登录。' },
  },
  invalid_token: {
    en: { title: 'The platform’s answer could not be trusted', detail: 'Please sign in again later.' },
    zh: { title: '无法验证平台返回的信息', detail: '请稍后重新登录。' },
  },
  invalid_client: {
    en: {
      title: 'Sign-in is not set up correctly',
      detail: 'The platform does not accept this application. Please tell its operator.',
    },
    zh: { title: '登录配置有误', detail: '平台不接受本应用的配置，请联系管理员。' },
  },
  insufficient_scope: {
    en: {
      title: 'A permission is missing',
      detail: 'Please sign in again and grant the permissions asked for.',
    },
    zh: { title: '缺少所需权限', detail: '请重新登录并授予所需的权限。' },
  },
  throttled: {
    en: { title: 'Too many sign-ins right now', detail: 'Please wait a moment and try again.' },
    zh: { title: '当前登录过于频繁', detail: '请稍候再试。' },
  },
  transient: {
    en: { title: 'The platform cannot be reached', detail: 'Please try again in a moment.' },
    zh: { title: '暂时无法连接平台', detail: '请稍后再试。' },
  },
  unknown: {
    en: {
      title: 'The platform refused the sign-in',
      detail: 'Please try again, or use another way to sign in.',
    },
    zh: { title: '平台拒绝了本次登录', detail: '请重试，或使用其他方式登录。' },
  },
};

/** Words for a failure of a login. */
export function problemText(
  kind: ErrorClass | 'cancelled' | 'not_completed',
  language: Language,
): ProblemText {
  return problems[kind][language];
}

/** Words of the pages themselves. */
export const pageTexts = {
  en: {
    back: 'Back to the sign-in page',
    code: 'Platform code: ',
    handoffTitle: 'Sign in with {provider}',
    handoffAgain: 'Try again',
    handoffFailed: 'The sign-in could not be completed',
    handoffWaiting: 'Waiting for {provider}…',
    handoffUnavailable: 'Open this page inside the {provider} app to sign in.',
    scriptNeeded: 'This step needs JavaScript. Please switch it on and try again.',
  },
  zh: {
    back: '返回登录页',
    code: '平台错误码：',
    handoffTitle: '使用{provider}登录',
    handoffAgain: '重试',
    handoffFailed: '登录未能完成',
    handoffWaiting: '正在等待{provider}…',
    handoffUnavailable: '请在{provider}客户端内打开本页面进行登录。',
    scriptNeeded: '此步骤需要 JavaScript，请启用后重试。',
  },
} as const satisfies Record<Language, Record<string, string>>;

/** Fills the provider's name into a text; between Chinese and Latin letters belongs a space. */
export function withProvider(text: string, provider: string): string {
  return text
    .replace('{provider}', () => provider)
    .replaceAll(/(?<=\p{Script=Han})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=\p{Script=Han})/gu, ' ');
}
