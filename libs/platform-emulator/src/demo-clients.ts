/**
 * The clients every emulator knows. They are public on purpose: they open nothing but an emulator on loopback.
 * `clientId` is what the platform calls `client_id` (Huawei, WPS), `appid` (AnyWeb) or `app_id` (猿之棒).
 */
export const demoClients = {
  huawei: { clientId: '100000001', clientSecret: 'demo-secret-of-huawei' },
  wps: { clientId: 'AK20240101DEMOAA', clientSecret: 'demo-secret-of-wps' },
  anyweb: { clientId: '0de30000-0000-4000-8000-000000000001', clientSecret: 'demo-secret-of-anyweb' },
  yuanzhibang: { clientId: '100011', clientSecret: 'demo-secret-of-yuanzhibang' },
} as const;
