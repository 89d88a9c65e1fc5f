import { type ProviderName } from '../core/provider-name.js';

/** How the pages name a platform. */
export const brands: Readonly<Record<ProviderName, { readonly chinese: string; readonly latin: string }>> = {
  huawei: { chinese: '华为帐号', latin: 'HUAWEI ID' },
  wps: { chinese: '金山办公 WPS 365', latin: 'WPS 365' },
  anyweb: { chinese: 'AnyWeb 钱包', latin: 'AnyWeb wallet' },
  yuanzhibang: { chinese: '猿之棒', latin: 'yuanzhibang' },
};
