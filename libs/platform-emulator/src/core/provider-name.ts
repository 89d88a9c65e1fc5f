/** The platforms the emulator plays. */
export const providerNames = ['huawei', 'wps', 'anyweb', 'yuanzhibang'] as const;

/** The name of a platform, as it appears in steering paths, options and the log. */
export type ProviderName = (typeof providerNames)[number];
