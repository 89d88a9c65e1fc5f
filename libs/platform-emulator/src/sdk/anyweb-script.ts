import { overlayScript } from './overlay-script.js';

/**
 * The stand-in for AnyWeb's SDK: `window.AnyWeb.Provider` as its UMD build has it, and `window.anyweb` once a provider
 * is made.
 *
 * @see "获取 AccessToken" for G1; the wiki's SDK/usage page for the later form and the error codes
 */
export const anywebScript = `'use strict';
(() => {${overlayScript}
  const generation = scriptUrl.searchParams.get('generation') || 'G1';

  class ProviderRpcError extends Error {
    constructor(code, message) {
      super(message);
      this.name = 'ProviderRpcError';
      this.code = code;
    }
  }

  class Provider {
    static ready = false;
    static #instance;
    #listeners = new Map();
    #grant;

    /** One provider per page, as in the original. */
    constructor({ appId, logger } = {}) {
      if (Provider.#instance) return Provider.#instance;
      if (!appId) throw new ProviderRpcError(6000, 'appId is required');
      Provider.#instance = this;
      this.appId = appId;
      this.logger = logger || console;
      this.request = this.request.bind(this);
      Provider.ready = true;
      window.anyweb = this;
      setTimeout(() => this.#emit('ready'));
    }

    static getInstance(options) {
      return Provider.#instance || new Provider(options);
    }

    /** Events: ready, accountsChanged, chainChanged, networkChanged. */
    on(event, listener) {
      this.#listeners.set(event, listener);
    }

    async request({ method, params } = {}) {
      switch (method) {
        case 'cfx_accounts':
        case 'cfx_requestAccounts':
          return this.#accounts((params && params[0]) || {});
        case 'anyweb_oauth':
          if (generation === 'G1') return this.#code();
          break;
        case 'anyweb_version':
          return '1.3.6';
        case undefined:
        case '':
          throw new ProviderRpcError(6000, 'Invalid request arguments: Method is required');
      }
      throw new ProviderRpcError(4200, 'Unsupported Method: ' + method);
    }

    /** G1 resolves the addresses and leaves the code to anyweb_oauth; later generations resolve everything. */
    async #accounts({ scopes = ['baseInfo'], availableNetwork = [1029] }) {
      const answer = await askConsent('anyweb', {
        appid: this.appId,
        scopes: scopes.join(','),
        network: String(availableNetwork[0]),
        generation,
      });
      if (answer.outcome === 'denied') throw new ProviderRpcError(4001, 'User Rejected Request');
      if (answer.outcome === 'error') throw new ProviderRpcError(answer.code, answer.message);
      const { address, networkId, chainId, code } = answer;
      this.#grant = answer.grant;
      this.#emit('accountsChanged', address);
      this.#emit('chainChanged', String(chainId));
      this.#emit('networkChanged', String(networkId));
      return generation === 'G1' ? address : { code, address, networkId, chainId, scopes };
    }

    async #code() {
      if (!this.#grant) throw new ProviderRpcError(4100, 'Unauthorized: call cfx_accounts first');
      const body = new URLSearchParams({ grant: this.#grant });
      const reply = await fetch(emulator + '/__emulator/sdk/anyweb/code', { method: 'POST', body }).catch(() => {
        throw new ProviderRpcError(7000, 'Request Error');
      });
      if (!reply.ok) throw new ProviderRpcError(4100, 'Unauthorized: the grant is gone');
      return (await reply.json()).code;
    }

    #emit(event, ...values) {
      const listener = this.#listeners.get(event);
      if (listener) listener(...values);
    }
  }

  window.AnyWeb = { Provider, ProviderRpcError };
})();
`;
