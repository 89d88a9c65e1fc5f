import { type LoginPages } from 'nestjs-oauth-providers';

/** The languages of the pages. */
export type Language = Parameters<LoginPages['problem']>[0];
type ProblemText = Parameters<LoginPages['problem']>[1];
type Bilingual = Readonly<Record<Language, ProblemText>>;

const badRequest: Bilingual = {
  en: { title: 'This request cannot be read', detail: 'Its contents are malformed.' },
  zh: { title: '无法理解该请求', detail: '请求的内容或格式有误。' },
};

const internal: Bilingual = {
  en: { title: 'Something went wrong', detail: 'The fault is on our side. Please try again in a moment.' },
  zh: { title: '服务出现问题', detail: '问题出在我们这边，请稍后再试。' },
};

const texts: Readonly<Record<number, Bilingual>> = {
  401: {
    en: { title: 'You are not signed in', detail: 'Please sign in and try again.' },
    zh: { title: '尚未登录', detail: '请登录后重试。' },
  },
  403: {
    en: { title: 'This request is refused', detail: 'It was sent by another site.' },
    zh: { title: '请求被拒绝', detail: '该请求来自其他网站。' },
  },
  404: {
    en: { title: 'This page does not exist', detail: 'The address may be mistyped or out of date.' },
    zh: { title: '页面不存在', detail: '网址可能有误，或页面已被移除。' },
  },
  405: {
    en: {
      title: 'This address cannot be opened like this',
      detail: 'Please start again from the sign-in page.',
    },
    zh: { title: '无法以这种方式访问', detail: '请从登录页重新开始。' },
  },
  413: {
    en: { title: 'This request is too large', detail: 'Nothing here needs that much.' },
    zh: { title: '请求内容过大', detail: '请缩小请求内容后重试。' },
  },
  429: {
    en: { title: 'Too many sign-ins from your address', detail: 'Please wait a minute and try again.' },
    zh: { title: '登录过于频繁', detail: '请等待一分钟后再试。' },
  },
  503: {
    en: {
      title: 'This takes a moment longer',
      detail: 'Our storage does not answer. Please try again soon.',
    },
    zh: { title: '服务暂时不可用', detail: '存储服务没有响应，请稍后重试。' },
  },
};

/** Words for a failure that has nothing to do with a platform. */
export function textOfStatus(status: number, language: Language): ProblemText {
  return (texts[status] ?? (status < 500 ? badRequest : internal))[language];
}
