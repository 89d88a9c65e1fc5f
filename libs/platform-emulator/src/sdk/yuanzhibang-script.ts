import { overlayScript } from './overlay-script.js';

/**
 * The stand-in for the bridge of the 猿之棒 container: `window.yzb`, and its `core` as `window.core` too, as older
 * documents write it. Calls take the bridge's callbacks: `next`, `cancel`, `error`, `complete`.
 *
 * @see the vendor's "JS 相关调用约定" and `core.requestAuthCode`
 */
export const yuanzhibangScript = `'use strict';
(() => {${overlayScript}
  function call(callback, ...values) {
    if (typeof callback === 'function') callback(...values);
  }

  function fail(options, code, description, suggestion) {
    call(options.error, { code, description, suggestion });
  }

  const core = {
    /** Parameters at the top or under data; next as a member or as the second argument. */
    requestAuthCode(options, next) {
      const { app_id: appId, tid } = (options && options.data) || options || {};
      const callbacks = { next, ...options };
      if (typeof appId !== 'string' || !appId) {
        fail(callbacks, '100001', 'app_id is required', '请检查 app_id');
        call(callbacks.complete);
        return;
      }
      askConsent('yuanzhibang', { app_id: appId, ...(tid && { tid }) }).then((answer) => {
        if (answer.outcome === 'approved') call(callbacks.next, { code: answer.code });
        else if (answer.outcome === 'error') fail(callbacks, '200000', answer.message, '请检查网络状态');
        else if (typeof callbacks.cancel === 'function') callbacks.cancel();
        else fail(callbacks, '100000', '用户拒绝授权', '请重新授权');
        call(callbacks.complete);
      });
    },
  };

  window.yzb = {
    version: '0.0.36',
    core,
    /** Runs the callback once the bridge is there, which it is. */
    ready(callback) {
      setTimeout(() => call(callback));
    },
    /** The callback of a bridge that cannot start; this one always can. */
    error() {},
  };
  window.core = core;
})();
`;
