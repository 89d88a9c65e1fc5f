/** Words of the sample's own pages. */
export const siteTexts = {
  en: {
    site: 'Sign-in sample',
    footer: 'A sample of nestjs-oauth-providers',
    loginTitle: 'Sign in',
    loginLead: 'Choose an account to continue with.',
    emulated: 'emulator',
    emulatedHint:
      'Buttons marked “emulator” lead to a stand-in for the platform on this machine. Its users are made up, so try whatever you like.',
    accountTitle: 'Your account',
    signedInWith: 'Signed in with {provider}',
    nameless: 'No name given',
    platform: 'Platform',
    subject: 'User ID',
    since: 'First sign-in',
    signOut: 'Sign out',
    anywebUnavailable: 'AnyWeb is not available here',
    anywebUnavailableDetail:
      'Its sign-in script is not installed on this site. Please use another way to sign in.',
  },
  zh: {
    site: '登录示例',
    footer: 'nestjs-oauth-providers 示例应用',
    loginTitle: '登录',
    loginLead: '请选择登录方式',
    emulated: '模拟',
    emulatedHint: '标有“模拟”的按钮连接的是本机的模拟平台，其中的用户均为虚构，可以放心试用。',
    accountTitle: '我的账号',
    signedInWith: '已通过{provider}登录',
    nameless: '未提供昵称',
    platform: '平台',
    subject: '用户标识',
    since: '首次登录',
    signOut: '退出登录',
    anywebUnavailable: '暂时无法使用 AnyWeb 登录',
    anywebUnavailableDetail: '本站尚未安装 AnyWeb 的登录脚本，请使用其他方式登录。',
  },
} as const satisfies Record<'en' | 'zh', Record<string, string>>;

/** Puts a provider's name into a text; between Chinese and Latin letters belongs a space. */
export function withProvider(text: string, provider: string): string {
  return text
    .replace('{provider}', () => provider)
    .replaceAll(/(?<=\p{Script=Han})(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=\p{Script=Han})/gu, ' ');
}
