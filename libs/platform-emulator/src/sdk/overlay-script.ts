/**
 * What both stand-ins begin with: the emulator's origin, and the consent in a frame of that origin laid over the page.
 * It sets styles as properties only and loads nothing from elsewhere, so that a page whose Content-Security-Policy
 * names no origin but the emulator's (script-src, frame-src, connect-src) can use it.
 */
export const overlayScript = `
  const scriptUrl = new URL(document.currentScript.src);
  const emulator = scriptUrl.origin;

  /** Resolves with what the consent frame answers: {outcome: 'approved' | 'denied' | 'error', …}. */
  function askConsent(provider, parameters) {
    return new Promise((resolve) => {
      const frame = document.createElement('iframe');
      const query = new URLSearchParams({ ...parameters, origin: window.location.origin });
      frame.src = emulator + '/__emulator/sdk/' + provider + '/consent?' + query;
      frame.title = '授权 / Authorize';
      Object.assign(frame.style, {
        position: 'fixed',
        inset: '0',
        width: '100%',
        height: '100%',
        border: '0',
        zIndex: '2147483647',
      });
      function receive(event) {
        if (event.origin !== emulator || event.source !== frame.contentWindow) return;
        if (!event.data || event.data.type !== 'platform-emulator') return;
        window.removeEventListener('message', receive);
        frame.remove();
        resolve(event.data.answer);
      }
      window.addEventListener('message', receive);
      (document.body || document.documentElement).append(frame);
    });
  }
`;

/** Runs in the consent frame once a decision is made: hands the answer to the page, and only to that page. */
export const answerScript = `'use strict';
{
  const { answer, target } = document.body.dataset;
  window.parent.postMessage({ type: 'platform-emulator', answer: JSON.parse(answer) }, target);
}
`;
